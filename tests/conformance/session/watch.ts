/**
 * Follows a session and notes every promise of `SessionView` that an event breaks. It notes instead of
 * throwing, because an error in a listener would end the session's work on the event.
 */
import assert from "node:assert/strict";
import type { MessageId } from "../../../transport/protocol/mod.ts";
import type {
  ChatMessage,
  PeerView,
  SessionEvent,
  SessionView,
  UplinkView,
} from "../../../transport/view.ts";

/** The event of one type. */
type EventOf<T extends SessionEvent["type"]> = Extract<SessionEvent, { type: T }>;

type Checks = { readonly [T in SessionEvent["type"]]: (event: EventOf<T>) => void };

export class SessionWatch {
  readonly session: SessionView;
  readonly events: SessionEvent[] = [];
  /** The broken promises, in words. */
  readonly problems: string[] = [];
  readonly stop: () => void;
  #messages: Snapshot<ChatMessage>;
  #peers: Snapshot<PeerView>;
  readonly #seen = new Set<MessageId>();
  #wasConnected = false;

  constructor(session: SessionView) {
    this.session = session;
    this.#messages = new Snapshot(session.messages);
    this.#peers = new Snapshot(session.peers);
    this.stop = session.subscribe((event) => this.#onEvent(event));
  }

  /** The events of one type, in order. */
  of<T extends SessionEvent["type"]>(type: T): EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type);
  }

  /** Forgets the events so far. */
  clear(): void {
    this.events.length = 0;
  }

  #onEvent(event: SessionEvent): void {
    this.events.push(event);
    try {
      (this.#checks[event.type] as (event: SessionEvent) => void)(event);
      this.#checkSnapshots();
    } catch (error) {
      this.problems.push(`${event.type}: ${error instanceof Error ? error.message : error}`);
    }
    for (const { id } of this.session.messages) this.#seen.add(id);
  }

  readonly #checks: Checks = {
    message: ({ message, isNew }) => {
      const shown = this.session.messages.find(({ id }) => id === message.id);
      assert.deepEqual(shown, message, "the message is in the snapshot");
      assert.equal(isNew, !this.#seen.has(message.id), "a message is new once");
    },
    messages: () => {},
    peer_joined: ({ peer }) => this.#checkPeer(peer),
    peer_left: ({ peer }) => assert.equal(this.#peer(peer), undefined, "the peer is gone"),
    peer: ({ peer }) => this.#checkPeer(peer),
    path: ({ peer, previous }) => {
      this.#checkPeer(peer);
      assert.notEqual(peer.path.tier, previous.tier, "the path has another tier");
    },
    uplink: ({ uplink }) => this.#checkUplink(uplink),
    strategy: ({ strategy }) => assert.equal(strategy, this.session.strategy),
    error: () => {},
  };

  #peer({ peerId }: PeerView): PeerView | undefined {
    return this.session.peers.find((peer) => peer.peerId === peerId);
  }

  #checkPeer(peer: PeerView): void {
    assert.deepEqual(this.#peer(peer), peer, "the peer is in the snapshot");
  }

  #checkUplink(uplink: UplinkView): void {
    assert.deepEqual(uplink, this.session.uplink, "the uplink is the snapshot");
    if (uplink.state === "connecting") assert.ok(!this.#wasConnected, "connecting comes first");
    else this.#wasConnected = true;
    assert.equal(uplink.tier !== null, uplink.state === "online", "online has a tier");
    if (uplink.state !== "offline") assert.equal(uplink.retryAtMs, null);
  }

  #checkSnapshots(): void {
    const { messages, peers, peerId } = this.session;
    this.#messages.check(messages);
    this.#peers.check(peers);
    this.#messages = new Snapshot(messages);
    this.#peers = new Snapshot(peers);
    checkOrder(messages);
    assert.equal(new Set(messages.map(({ id }) => id)).size, messages.length, "each message once");
    const joined = peers.map(({ joinedAtMs }) => joinedAtMs);
    assert.deepEqual(joined, joined.toSorted((a, b) => a - b), "peers are in the order of joining");
    assert.ok(peers.every((peer) => peer.peerId !== peerId), "peers are the others");
  }
}

/** A list as it was: it never changes, and a new list takes its place. */
class Snapshot<T> {
  readonly #list: readonly T[];
  readonly #copy: readonly T[];

  constructor(list: readonly T[]) {
    this.#list = list;
    this.#copy = [...list];
  }

  check(now: readonly T[]): void {
    const isUnchanged = this.#list.length === this.#copy.length &&
      this.#list.every((item, index) => item === this.#copy[index]);
    assert.ok(isUnchanged, "a snapshot that was read does not change");
    const isSame = now.length === this.#copy.length &&
      now.every((item, index) => item === this.#copy[index]);
    assert.ok(isSame || now !== this.#list, "a list that changes is a new array");
  }
}

/** Stored messages stand by timestamp, then by id; each other one behind the message it was heard after. */
function checkOrder(messages: readonly ChatMessage[]): void {
  const stored = messages.filter(({ timestamp }) => timestamp !== null);
  const sorted = stored.toSorted((a, b) =>
    a.timestamp! - b.timestamp! || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
  assert.deepEqual(stored, sorted, "stored messages are in the node's order");
  for (const [index, message] of messages.entries()) {
    if (message.timestamp !== null) continue;
    const place = message.heardAfter ?? Infinity;
    const isPlaced = (other: ChatMessage, at: number) =>
      other.timestamp === null || (other.timestamp <= place) === (at < index);
    assert.ok(messages.every(isPlaced), "a message that is not stored stands where it was written");
  }
}
