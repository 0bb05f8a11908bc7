/** The suite of `SessionView` on `Session`: with real sessions and rooms on the in-memory network. */
import type { MessageId, PeerId, Strategy } from "../../../transport/protocol/mod.ts";
import type { SessionView } from "../../../transport/view.ts";
import { ROOM, type Tab, World } from "../../fakes/session_world.ts";
import { testSessionView } from "./suite.ts";
import type { OtherPeer, SessionDriver } from "./driver.ts";

/** Far above a few round trips and commits, far below the time after which a silent node is given up. */
const SETTLE_MS = 1_000;
/** Two missed probes, and a dial that the network swallows. */
const LOSING_MS = 25_000;
/** The longest pause between two tries, and a dial. */
const FINDING_MS = 25_000;
/** A refused message is sent under four ids before it has failed. */
const REFUSING_MS = 30_000;

class RealDriver implements SessionDriver {
  readonly #world = new World();
  #tab: Tab | null = null;

  constructor({ isDirect }: { isDirect: boolean }) {
    this.#world.usesWebRtc = isDirect;
  }

  async fill(texts: readonly string[]): Promise<void> {
    const { store } = this.#world.node;
    const appended = texts.map((text, n) =>
      store.append({
        room: ROOM,
        id: `old-${n}` as MessageId,
        peerId: "ada" as PeerId,
        name: "Ada",
        text,
        sentAtUs: null,
      })
    );
    await this.settle();
    await Promise.all(appended);
  }

  ask(strategy: Strategy): void {
    this.#world.node.ask(strategy);
  }

  open({ strategy }: { strategy?: Strategy } = {}): SessionView {
    this.#tab = this.#world.open("Mara", strategy === undefined ? {} : { strategy });
    return this.#tab.session;
  }

  async enter(name: string): Promise<OtherPeer> {
    const { session } = this.#world.open(name);
    await this.settle();
    const after = async (act: () => void) => {
      act();
      await this.settle();
    };
    return {
      peerId: session.peerId,
      say: (text) => after(() => void session.send(text)),
      type: (isTyping) => after(() => session.typing(isTyping)),
      rename: (newName) => after(() => session.rename(newName)),
      leave: () => after(() => session.leave()),
    };
  }

  async settle(): Promise<void> {
    await this.#world.clock.advance(SETTLE_MS);
  }

  async loseNode(): Promise<void> {
    this.#tab!.loseNode();
    await this.#world.clock.advance(LOSING_MS);
  }

  findNode(): void {
    this.#tab!.findNode();
  }

  async untilFound(): Promise<void> {
    await this.#world.clock.advance(FINDING_MS);
  }

  refuse(isRefusing: boolean): void {
    this.#world.node.refusesIds = isRefusing;
  }

  async untilGivenUp(): Promise<void> {
    await this.#world.clock.advance(REFUSING_MS);
  }

  close(): void {
    this.#world.close();
  }
}

testSessionView({ name: "Session", create: (options) => new RealDriver(options) });
