/** The page's state with a fake browser, a fake session for each room and a node's answer on request. */
import { memoryStore } from "../../../../transport/key_value_store.ts";
import type { RoomName, Strategy } from "../../../../transport/protocol/mod.ts";
import type { RoomOptions } from "../../../../ui/web/state/app_services.ts";
import { AppState } from "../../../../ui/web/state/app_state.ts";
import { FakeClock, settle } from "../../../fakes/clock.ts";
import { FakeSession } from "../../../fakes/session.ts";
import { FakeBrowser } from "./fake_browser.ts";

export const DEN = "den" as RoomName;

/** The choices that the browser has kept. */
interface EarlierVisit {
  /** Null when the user has given none. */
  readonly name?: string | null;
  readonly strategy?: Strategy;
}

export class AppFixture {
  readonly clock = new FakeClock();
  readonly browser: FakeBrowser;
  readonly storage = memoryStore();
  /** The options of each room that was opened, and its session. */
  readonly opened: RoomOptions[] = [];
  readonly sessions: FakeSession[] = [];
  readonly app: AppState;
  /** The requests for the node's configuration that wait for their answer. */
  readonly #asked: PromiseWithResolvers<Response>[] = [];

  /** A page at the address with `query`. */
  constructor(query = "", { name = "Mara", strategy }: EarlierVisit = {}) {
    this.browser = new FakeBrowser(query, () => this.clock.now());
    if (name !== null) this.storage.set("name", name);
    if (strategy !== undefined) this.storage.set("strategy", strategy);
    this.app = new AppState({
      openSession: (options) => this.#open(options),
      fetch: () => this.#ask(),
      nodeUrl: "http://node",
      storage: this.storage,
      tabStorage: memoryStore(),
      clock: this.clock,
      address: this.browser.address,
      visibility: this.browser.visibility,
      network: this.browser.network,
    });
  }

  /** A page that knows the node's configuration. */
  static async started(query = "", options: EarlierVisit = {}): Promise<AppFixture> {
    const fixture = new AppFixture(query, options);
    fixture.app.start();
    await fixture.answer("auto");
    return fixture;
  }

  /** Leaves the open room, whose timers would outlast the test. */
  [Symbol.dispose](): void {
    this.app.room.peek()?.close();
  }

  get session(): FakeSession {
    return this.sessions.at(-1)!;
  }

  /** Number of requests for the node's configuration that wait for an answer. */
  get waiting(): number {
    return this.#asked.length;
  }

  /** Answers all requests that wait: with the strategy that the node asks for. */
  async answer(strategy: Strategy): Promise<void> {
    const config = { version: "1", public_base: null, addresses: [], strategy };
    const answer = { json: () => Promise.resolve(config) } as Response;
    for (const { resolve } of this.#asked.splice(0)) resolve(answer);
    await settle();
  }

  /** Fails all requests that wait. */
  async fail(): Promise<void> {
    for (const { reject } of this.#asked.splice(0)) reject(new TypeError("no network"));
    await settle();
  }

  #ask(): Promise<Response> {
    const asked = Promise.withResolvers<Response>();
    this.#asked.push(asked);
    return asked.promise;
  }

  #open(options: RoomOptions): FakeSession {
    const session = new FakeSession(options, () => this.clock.epochMs());
    this.opened.push(options);
    this.sessions.push(session);
    return session;
  }
}
