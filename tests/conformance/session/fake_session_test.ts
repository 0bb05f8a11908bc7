/**
 * The suite of `SessionView` on the fake session of the page's tests. The driver does to it what a node
 * and peers do to a session, by the methods that tests of the page use.
 */
import type { Strategy } from "../../../transport/protocol/mod.ts";
import type { ChatMessage, SessionView } from "../../../transport/view.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeSession } from "../../fakes/session.ts";
import { testSessionView } from "./suite.ts";
import type { OtherPeer, SessionDriver } from "./driver.ts";

/** Messages of the first page; the others are older. */
const FIRST_PAGE = 200;
const SETTLE_MS = 1_000;

type Said = Partial<ChatMessage> & { text: string };

class FakeDriver implements SessionDriver {
  readonly #clock = new FakeClock();
  readonly #isDirect: boolean;
  #session: FakeSession | null = null;
  #strategy: Strategy = "auto";
  /** Texts, peers and messages that wait until the session reaches the node. */
  #history: readonly string[] = [];
  readonly #present: string[] = [];
  readonly #missed: Said[] = [];
  #hasNode = true;
  #isRefusing = false;

  constructor({ isDirect }: { isDirect: boolean }) {
    this.#isDirect = isDirect;
  }

  fill(texts: readonly string[]): Promise<void> {
    this.#history = texts;
    return Promise.resolve();
  }

  ask(strategy: Strategy): void {
    this.#strategy = strategy;
  }

  open({ strategy = null }: { strategy?: Strategy | null } = {}): SessionView {
    const options = { room: "lab", name: "Mara", strategy };
    this.#session = new FakeSession(options, () => this.#clock.epochMs());
    this.#session.join();
    return this.#session;
  }

  async enter(name: string): Promise<OtherPeer> {
    if (this.#session === null) this.#present.push(name);
    else this.#session.addPeer(name, { tier: "websocket" });
    await this.settle();
    return new FakePeer(name, {
      session: () => this.#open,
      hear: (said) => this.#hear(said),
      settle: () => this.settle(),
    });
  }

  async settle(): Promise<void> {
    await this.#clock.advance(SETTLE_MS);
    const session = this.#open;
    if (session === null) return;
    if (this.#hasNode && session.uplink.state !== "online") this.#reach(session);
    for (const { name } of this.#isDirect ? session.peers : []) {
      session.setPath(name, { tier: "webrtc-stun", rttMs: 1 });
    }
    for (const message of session.messages) {
      if (message.own && message.timestamp === null) this.#take(session, message);
    }
  }

  loseNode(): Promise<void> {
    const session = this.#session!;
    this.#hasNode = false;
    session.setUplink({
      state: "offline",
      tier: null,
      rttMs: null,
      error: { code: "peer-gone", message: "The node stopped answering" },
    });
    for (const { name, path } of session.peers) {
      if (path.tier === "websocket") session.setPath(name, { tier: null, reason: "connecting" });
    }
    return Promise.resolve();
  }

  findNode(): void {
    this.#hasNode = true;
  }

  untilFound(): Promise<void> {
    return this.settle();
  }

  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  untilGivenUp(): Promise<void> {
    return this.settle();
  }

  close(): void {}

  /** The session until it was left; null before and after. */
  get #open(): FakeSession | null {
    return this.#session?.uplink.state === "closed" ? null : this.#session;
  }

  #reach(session: FakeSession): void {
    session.setStrategy(this.#strategy);
    for (const name of this.#present.splice(0)) session.addPeer(name, { tier: "websocket" });
    session.online();
    for (const { name, path } of session.peers) {
      if (path.tier === null) session.setPath(name, { tier: "websocket" });
    }
    const [older, newest] = [
      this.#history.slice(0, -FIRST_PAGE),
      [...this.#history.slice(-FIRST_PAGE).map((text) => ({ text })), ...this.#missed.splice(0)],
    ];
    this.#history = [];
    if (older.length > 0) session.older = older.map((text) => session.make({ text }));
    if (newest.length > 0) session.load(newest);
  }

  /** Does with an own message what the node, or else a peer with a direct path, does with it. */
  #take(session: FakeSession, { id, audience, state }: ChatMessage): void {
    if (state === "failed") return;
    if (this.#hasNode && this.#isRefusing) {
      const error = { code: "id-conflict", message: "The id is taken" } as const;
      session.change(id, { state: "failed", error });
    } else if (this.#hasNode) {
      const timestamp = this.#clock.epochMs() / 1000;
      session.change(id, { state: "stored", timestamp, delivered: audience });
    } else if (this.#isDirect) session.change(id, { state: "sent", delivered: audience });
  }

  #hear(said: Said): void {
    if (this.#hasNode || this.#isDirect) this.#open?.say(said);
    else this.#missed.push({ ...said, timestamp: this.#clock.epochMs() / 1000 });
  }
}

interface Around {
  /** The session under test, unless it was left. */
  session(): FakeSession | null;
  hear(said: Said): void;
  settle(): Promise<void>;
}

class FakePeer implements OtherPeer {
  readonly peerId;
  #name: string;
  readonly #around: Around;

  constructor(name: string, around: Around) {
    this.#name = name;
    this.#around = around;
    this.peerId = name.toLowerCase() as OtherPeer["peerId"];
  }

  async say(text: string): Promise<void> {
    this.#around.hear({ peerId: this.peerId, name: this.#name, text });
    await this.#around.settle();
  }

  async type(isTyping: boolean): Promise<void> {
    this.#around.session()?.setTyping(this.#name, isTyping);
    await this.#around.settle();
  }

  async rename(name: string): Promise<void> {
    this.#around.session()?.renamePeer(this.#name, name);
    this.#name = name;
    await this.#around.settle();
  }

  async leave(): Promise<void> {
    this.#around.session()?.removePeer(this.#name);
    await this.#around.settle();
  }
}

testSessionView({ name: "FakeSession", create: (options) => new FakeDriver(options) });
