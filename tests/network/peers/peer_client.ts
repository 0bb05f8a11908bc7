/** A peer in a home, from the test's side: sessions to steer, and the events that they report. */
import type { Strategy } from "../../../transport/protocol/mod.ts";
import type { Home } from "../lab/home.ts";
import type { Lab } from "../lab/lab.ts";
import type { LabProcess } from "../lab/lab_process.ts";
import type { PeerCommand, PeerEvent, PeerNews } from "./peer_protocol.ts";
import { ownProgram } from "../lab/programs.ts";
import { nodeUrl } from "../lab/services.ts";
import { HOME_KINDS } from "../lab/theory.ts";

/** An event of one type. */
export type NewsOf<T extends PeerNews["type"]> = Extract<PeerEvent, { type: T }>;

/** The process of one home. Several sessions of different rooms can run in it at once. */
export class PeerClient {
  readonly home: Home;
  readonly #process: LabProcess;
  readonly #sessions = new Map<string, SessionClient>();

  private constructor(home: Home, process: (onLine: (line: string) => void) => LabProcess) {
    this.home = home;
    this.#process = process((line) => this.#onEvent(JSON.parse(line)));
  }

  static async start(lab: Lab, home: Home): Promise<PeerClient> {
    const client = new PeerClient(
      home,
      (onLine) => lab.spawn(home.namespace, ownProgram("peers/peer.ts"), { onLine }),
    );
    await client.#process.printed(/ready/);
    return client;
  }

  /** Output of the process other than its events. */
  get log(): string {
    return this.#process.output;
  }

  /**
   * Joins `room` under the name `session`. The peer sends `hello` before it has a path. With
   * `onMessage`, messages go only to that callback and are not kept among the events.
   */
  async join(
    session: string,
    { onMessage, ...options }: JoinOptions,
  ): Promise<SessionClient> {
    const client = new SessionClient(session, (command) => this.#tell(command), onMessage);
    this.#sessions.set(session, client);
    const url = nodeUrl(HOME_KINDS[this.home.kind].family);
    await this.#tell({
      type: "join",
      session,
      nodeUrl: url,
      ...options,
    });
    return client;
  }

  async #tell(command: PeerCommand): Promise<void> {
    if (this.#process.isOver) throw new Error(`The peer has ended by itself:\n${this.log}`);
    await this.#process.tell(JSON.stringify(command));
  }

  #onEvent(event: PeerEvent): void {
    this.#sessions.get(event.session)?.onEvent(event);
  }
}

export interface JoinOptions {
  readonly room: string;
  readonly hello?: string;
  readonly strategy?: Strategy;
  readonly onMessage?: (text: string) => void;
}

interface Waiter {
  isMet(): boolean;
  resolve(): void;
}

export class SessionClient {
  readonly name: string;
  /** Events of the session, in order. */
  readonly events: PeerEvent[] = [];
  readonly #tell: (command: PeerCommand) => Promise<void>;
  readonly #onMessage: ((text: string) => void) | undefined;
  #waiters: Waiter[] = [];

  constructor(
    name: string,
    tell: (command: PeerCommand) => Promise<void>,
    onMessage?: (text: string) => void,
  ) {
    this.name = name;
    this.#tell = tell;
    this.#onMessage = onMessage;
  }

  onEvent(event: PeerEvent): void {
    if (event.type === "message" && this.#onMessage) return this.#onMessage(event.text);
    this.events.push(event);
    const met = this.#waiters.filter((waiter) => waiter.isMet());
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve();
  }

  /** The events of one type. */
  all<T extends PeerNews["type"]>(type: T): NewsOf<T>[] {
    return this.events.filter((event): event is NewsOf<T> => event.type === type);
  }

  /** The latest event of one type. */
  last<T extends PeerNews["type"]>(type: T): NewsOf<T> | undefined {
    return this.all(type).at(-1);
  }

  /** Resolves to true when `isMet` holds, to false when it does not within `timeoutMs`. */
  async until(isMet: (client: SessionClient) => boolean, timeoutMs: number): Promise<boolean> {
    if (isMet(this)) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter: Waiter = { isMet: () => isMet(this), resolve: () => resolve(true) };
    this.#waiters.push(waiter);
    const timer = setTimeout(() => resolve(false), timeoutMs);
    const result = await promise;
    clearTimeout(timer);
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    return result;
  }

  send(text: string): Promise<void> {
    return this.#tell({ type: "send", session: this.name, text });
  }

  flow(prefix: string, perSecond: number): Promise<void> {
    return this.#tell({ type: "flow", session: this.name, prefix, perSecond });
  }

  /**
   * Ends the flow, and resolves to the number of messages that it has sent.
   * @throws {Error} when the peer does not report the number within `timeoutMs`.
   */
  async endFlow(timeoutMs: number): Promise<number> {
    await this.flow("", 0);
    await this.until(() => this.last("flowed") !== undefined, timeoutMs);
    const { count } = this.last("flowed") ?? {};
    if (count === undefined) throw new Error(`${this.name} never said how much it had sent`);
    return count;
  }

  show(): Promise<void> {
    return this.#tell({ type: "show", session: this.name });
  }

  leave(): Promise<void> {
    return this.#tell({ type: "leave", session: this.name });
  }
}
