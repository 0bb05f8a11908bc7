/**
 * Two members of a room on a real node as the two ends of one path. Each frame goes as a `relay` frame
 * over the sender's uplink, through the node, and over the receiver's uplink.
 */
import assert from "node:assert/strict";
import { DEFAULT_SETTINGS, type RunningNode, startNode } from "../../server/mod.ts";
import type { JoinTarget } from "../../transport/uplink/join.ts";
import {
  encodeFrame,
  LIMITS,
  parsePeerFrame,
  type PeerId,
  type RoomName,
  type Tier,
} from "../../transport/protocol/mod.ts";
import type { CloseReason, Path, Transport } from "../../transport/transport.ts";
import { ADMIN_TOKEN, AS_ADMIN } from "../fakes/admin.ts";
import { MemoryStore } from "../fakes/memory_store.ts";
import { until } from "../fakes/until.ts";
import { Inbox, type PathEnd, type PathPair, testPaths } from "./path.ts";

export function joinTarget(nodeUrl: string, peer: string): JoinTarget {
  return {
    nodeUrl,
    room: "kitchen" as RoomName,
    peerId: peer as PeerId,
    name: peer,
    token: `token-of-${peer}-0123456789`,
    instance: `${peer}-page`,
  };
}

/** Starts a node for one test. It notices an absent member after `peerTimeoutMs`. */
function startTestNode(peerTimeoutMs = 60_000): Promise<RunningNode> {
  const settings = {
    ...DEFAULT_SETTINGS,
    host: "127.0.0.1",
    httpPort: 0,
    wsPort: null,
    stunPort: null,
    rateLimit: 0,
    adminToken: ADMIN_TOKEN,
    stunUrls: [],
    heartbeatIntervalMs: 300,
    peerTimeoutMs,
  };
  return startNode(settings, { store: new MemoryStore() });
}

/** Number of members on the node. */
async function memberCount({ url }: RunningNode): Promise<number> {
  const response = await fetch(new URL("/transport/status", url), AS_ADMIN);
  const { members } = await response.json() as { members: Record<string, number> };
  return Object.values(members).reduce((sum, count) => sum + count, 0);
}

/** One member's side. */
class RelayedPath implements Path {
  readonly inbox = new Inbox();
  readonly #other: PeerId;
  #uplink: Path | null = null;
  #isOpen = true;
  isWelcome = false;

  constructor(other: string) {
    this.#other = other as PeerId;
  }

  get tier() {
    assert.ok(this.#uplink);
    return this.#uplink.tier;
  }

  get isOpen(): boolean {
    return this.#isOpen && this.#uplink?.isOpen === true;
  }

  async join(transport: Transport<JoinTarget>, target: JoinTarget): Promise<void> {
    this.#uplink = await transport.dial(target, {
      onFrame: (text) => this.#onFrame(text),
      onClose: (reason) => this.#onGone(reason),
    }, { signal: new AbortController().signal });
    await until(() => this.isWelcome, "the node welcomes the peer");
  }

  send(text: string): boolean {
    if (!this.isOpen) return false;
    const frame = { type: "relay", target_peer_id: this.#other, payload: text };
    return this.#uplink?.send(JSON.stringify(frame)) ?? false;
  }

  /** Leaves as a session does. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#uplink?.send('{"type":"leave"}');
    this.#uplink?.close();
  }

  #onFrame(text: string): void {
    const frame = parsePeerFrame(text);
    if (frame?.type === "welcome") this.isWelcome = true;
    if (!this.#isOpen) return;
    if (frame?.type === "ping") this.#uplink?.send(encodeFrame({ ...frame, type: "pong" }));
    else if (frame?.type === "relay") this.inbox.onFrame(frame.payload as string);
    else if (frame?.type === "error") assert.fail(frame.payload.message);
    else if (frame?.type === "peer_left" && frame.peer_id === this.#other) {
      this.close();
      this.inbox.onClose({ code: 1000, reason: "left" });
    }
  }

  #onGone(reason: CloseReason): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.inbox.onClose(reason);
  }
}

/** A transport, with a record of its connections. */
export interface TrackedTransport {
  readonly transport: Transport<JoinTarget>;
  /** Resolves once all connections of the transport are closed. */
  settled(): Promise<unknown>;
}

export interface RelayedSuite {
  readonly tier: Tier;
  track(): TrackedTransport;
  /** The close code that members get from a stopping node; default: any. */
  readonly stoppedCode?: number;
}

/** Registers the tests of `Path`, and those of a transport that dials a node. */
export function testRelayedPaths({ tier, track, stoppedCode }: RelayedSuite): void {
  testPaths({
    name: tier,
    tier,
    // The largest frame, less room for the frame around the payload: two peers' ids and quotation marks.
    maxFrameChars: LIMITS.frameChars - 200,
    open: () => openPair(track()),
    abort: () => giveUp(track()),
  });

  Deno.test(`${tier}: dialling where no node is fails with a reason`, async () => {
    const node = await startTestNode();
    const { url } = node;
    await node.close();
    const { transport, settled } = track();
    const { signal } = new AbortController();
    await assert.rejects(transport.dial(joinTarget(url, "near"), new Inbox(), { signal }), {
      name: "UserError",
      code: "peer-gone",
    });
    await settled();
  });

  Deno.test(`${tier}: a node that stops is heard`, async () => {
    const node = await startTestNode();
    const { transport, settled } = track();
    const inbox = new Inbox();
    const { signal } = new AbortController();
    const path = await transport.dial(joinTarget(node.url, "near"), inbox, { signal });
    await until(() => inbox.frames.length > 0, "the node welcomes the peer");
    await node.close();
    await until(() => inbox.closes.length > 0, "the path hears of the close");
    if (stoppedCode !== undefined) assert.equal(inbox.closes[0]?.code, stoppedCode);
    assert.equal(path.isOpen, false);
    await settled();
  });
}

/** Starts a node and joins two members. */
async function openPair({ transport, settled }: TrackedTransport): Promise<PathPair> {
  const node = await startTestNode();
  const near = new RelayedPath("far");
  const far = new RelayedPath("near");
  await near.join(transport, joinTarget(node.url, "near"));
  await far.join(transport, joinTarget(node.url, "far"));
  const end = (path: RelayedPath): PathEnd => ({ path, inbox: path.inbox });
  return {
    near: end(near),
    far: end(far),
    async dispose() {
      near.close();
      far.close();
      await settled();
      await node.close();
    },
  };
}

async function giveUp({ transport, settled }: TrackedTransport): Promise<void> {
  const node = await startTestNode(1_000);
  const controller = new AbortController();
  const inbox = new Inbox();
  const dialling = transport.dial(joinTarget(node.url, "near"), inbox, controller);
  controller.abort();
  await assert.rejects(dialling, { name: "AbortError" });
  await settled();
  await until(async () => await memberCount(node) === 0, "nobody is in the room");
  assert.deepEqual([inbox.frames, inbox.closes], [[], []]);
  await node.close();
}
