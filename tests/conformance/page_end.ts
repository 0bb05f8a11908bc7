/**
 * Ends of connections that live in a page. `Path` answers at once and a page can't, so an end answers with the
 * result that it expects from the page. If the page's result differs, the test fails when the end is
 * disposed of.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Signal } from "../../transport/mesh/direct_connection.ts";
import type { Tier } from "../../transport/protocol/mod.ts";
import type { Path } from "../../transport/transport.ts";
import type { ConnectionEnd, ConnectionEndOptions } from "./connection_pair.ts";
import type { Addressed, Command, Done, Told } from "./page_protocol.ts";
import { Inbox } from "./path.ts";
import type { Reaction } from "./reactions.ts";

interface Order {
  readonly addressed: Addressed<Command>;
  onDone(done: Done): void;
}

/** A page that runs `page_connections.ts`. */
export class ConnectionPage {
  readonly #page: Page;
  readonly #ends: PageEnd[] = [];
  #orders: Order[] = [];
  #obeying: Promise<void> = Promise.resolve();

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(page: Page, script: string): Promise<ConnectionPage> {
    const self = new ConnectionPage(page);
    const onTold = ({ end, message }: Addressed<Told>) => self.#ends[end]?.onTold(message);
    await page.exposeFunction("tellTest", onTold);
    await page.evaluate(script);
    return self;
  }

  newEnd(options: ConnectionEndOptions): ConnectionEnd {
    const id = this.#ends.length;
    const end = new PageEnd((message) => this.#order({ end: id, message }), options);
    this.#ends.push(end);
    return end;
  }

  #order(addressed: Addressed<Command>): Promise<Done> {
    const { promise, resolve, reject } = Promise.withResolvers<Done>();
    this.#orders.push({ addressed, onDone: resolve });
    if (this.#orders.length === 1) {
      this.#obeying = this.#obeying.then(() => this.#flush());
    }
    this.#obeying.catch(reject);
    return promise;
  }

  /** Sends all orders of one turn together. Orders given meanwhile go with the next batch. */
  async #flush(): Promise<void> {
    const orders = this.#orders;
    this.#orders = [];
    const all = await this.#page.evaluate(
      (commands) => obey(commands),
      orders.map(({ addressed }) => addressed),
    );
    for (const [index, order] of orders.entries()) order.onDone(all[index]!);
  }
}

class PageEnd implements ConnectionEnd, Path {
  readonly inbox = new Inbox();
  readonly path: Path = this;
  carry: (signal: Signal) => void = () => {};
  readonly #order: (command: Command) => Promise<Done>;
  /** Results in the page that differ from the expected ones. */
  readonly #surprises: string[] = [];
  #done: Promise<unknown> = Promise.resolve();
  #tier: Tier | null = null;
  #isOpen = false;
  #isClosed = false;

  constructor(order: (command: Command) => Promise<Done>, { isPolite }: ConnectionEndOptions) {
    this.#order = order;
    this.#tell({ type: "make", isPolite });
  }

  get hasOpened(): boolean {
    return this.#tier !== null;
  }

  get tier(): Tier {
    assert.ok(this.#tier, "the connection has opened");
    return this.#tier;
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isClosed;
  }

  onTold(told: Told): void {
    this.#isOpen = told.isOpen;
    if (told.isLate) this.#surprises.push(`told ${told.type} after its close`);
    switch (told.type) {
      case "signal":
        return this.carry(told.signal);
      case "open":
        return void (this.#tier = told.tier);
      case "frame":
        return this.inbox.onFrame(told.text);
      default:
        return this.inbox.onClose({ code: 1006, reason: told.reason });
    }
  }

  offer(): void {
    this.#tell({ type: "offer" });
  }

  signal(signal: Signal): void {
    this.#tell({ type: "signal", signal });
  }

  async react(reaction: Reaction): Promise<void> {
    await this.#tell({ type: "react", reaction });
  }

  send(text: string): boolean {
    const expected = this.isOpen;
    this.#tell({ type: "send", text }, ({ result }) => result === expected);
    return expected;
  }

  async fill(text: string): Promise<number> {
    return (await this.#tell({ type: "fill", text })).result as number;
  }

  close(): void {
    this.#isClosed = true;
    this.#tell({ type: "close" }, ({ isOpen }) => !isOpen);
  }

  /** Waits for the page's answers to all commands. The page reports its events before it answers. */
  async settled(): Promise<void> {
    await this.#done;
  }

  async dispose(): Promise<void> {
    this.close();
    await this.settled();
    assert.deepEqual(this.#surprises, []);
  }

  #tell(command: Command, isExpected: (done: Done) => boolean = () => true): Promise<Done> {
    const answer = this.#order(command);
    this.#done = Promise.all([
      this.#done,
      answer.then((done) => {
        const { text: _, ...shown } = { text: "", ...command };
        if (!isExpected(done)) {
          this.#surprises.push(`${JSON.stringify(shown)}: ${JSON.stringify(done)}`);
        }
      }),
    ]);
    this.#done.catch(() => {});
    return answer;
  }
}
