/**
 * The queue of a polling member. Each frame has a `seq`. A client sends the last `seq` that it got as
 * `after`: if an answer was lost, the node sends its frames again.
 */
import type { Clock } from "../../transport/transport.ts";
import { lastWordOf } from "../../transport/protocol/mod.ts";
import { BudgetShare, type SharedBudget } from "../limits/shared_budget.ts";
import { errorFrame } from "../rooms/frames.ts";
import type { MemberConnection } from "../rooms/member_connection.ts";

/** A second of the busiest room. A longer queue shows that the polling client can't keep up. */
const MAX_FRAMES = 1000;
/** As much as a lagging socket may hold, see `socket_connection.ts`. */
const MAX_CHARS = 4 * 1024 * 1024;

export interface PollOptions {
  /** Frames up to this `seq` arrived; null: frames are forgotten as soon as they are handed out. */
  readonly after: number | null;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface PollingConnectionOptions {
  /** The page that polls. Another page that takes the member's place gets its own connection. */
  readonly instance: string;
  readonly clock: Clock;
  /** Budget of all queues, and the address that this queue counts for. */
  readonly budget: SharedBudget;
  readonly address: string;
  /** The member's place among all polling members, given back when the connection closes. */
  readonly place: BudgetShare;
}

interface Item {
  readonly seq: number;
  readonly frame: string;
}

export class PollingConnection implements MemberConnection {
  readonly tier = "http-polling";
  readonly instance: string;
  readonly address: string;
  readonly #place: BudgetShare;
  readonly #clock: Clock;
  #items: Item[] = [];
  readonly #share: BudgetShare;
  #seq: number;
  #handedSeq = 0;
  #forgottenSeq = 0;
  #isLagging = false;
  #isClosed = false;
  /**
   * Answers the open poll: with the queued frames, or with none when a newer poll came. Null: no open poll.
   */
  #answer: ((isNewest: boolean) => void) | null = null;
  /** Called at the first poll after an overflow, so that the member begins anew. */
  onDrained: () => void = () => {};

  constructor({ instance, clock, budget, address, place }: PollingConnectionOptions) {
    this.instance = instance;
    this.address = address;
    this.#place = place;
    this.#clock = clock;
    this.#share = new BudgetShare(budget, address);
    // `seq` grows from one stay to the next, also over a restart of the node, so that an old `after` can't
    // make the node forget new frames. Exact until the year 2255.
    this.#seq = Math.floor(clock.epochMs()) * 1000;
  }

  get isHeld(): boolean {
    return this.#answer !== null;
  }

  /** Whether frames were handed out and forgotten: a client that has none of them must begin anew. */
  get hasForgotten(): boolean {
    return this.#forgottenSeq > 0;
  }

  send(frame: string): boolean {
    if (this.#isLagging || this.#isClosed) return false;
    const chars = this.#share.held + frame.length;
    if (this.#items.length >= MAX_FRAMES || chars > MAX_CHARS || !this.#share.hold(chars)) {
      this.#forgetAll();
      this.#isLagging = true;
      return false;
    }
    this.#items.push({ seq: ++this.#seq, frame });
    this.#answer?.(true);
    return true;
  }

  /**
   * Returns the queued frames as a JSON array: at once when there are any, else as soon as one comes.
   * Returns `[]` after `waitMs`, when `signal` aborts or when a newer poll comes.
   */
  async poll(options: PollOptions): Promise<string> {
    this.#answer?.(false);
    if (options.after !== null) this.#forgetUntil(options.after);
    if (this.#isLagging) {
      this.#isLagging = false;
      this.onDrained();
    }
    if (this.#items.length === 0 && !this.#isClosed && options.waitMs > 0) {
      const isNewest = await this.#wait(options);
      if (!isNewest || options.signal.aborted) return "[]";
    }
    return this.#handOut(options.after === null);
  }

  /** Resolves to false when a newer poll came. */
  #wait({ waitMs, signal }: PollOptions): Promise<boolean> {
    return new Promise((resolve) => {
      const answer = (isNewest: boolean) => {
        cancel();
        signal.removeEventListener("abort", onAbort);
        this.#answer = null;
        resolve(isNewest);
      };
      const onAbort = () => answer(true);
      const cancel = this.#clock.after(waitMs, () => answer(true));
      signal.addEventListener("abort", onAbort);
      this.#answer = answer;
      if (signal.aborted) answer(true);
    });
  }

  #handOut(forget: boolean): string {
    const items = this.#items.map(withSeq);
    this.#handedSeq = this.#seq;
    if (this.#isClosed) this.#forgetAll();
    else if (forget) this.#forgetUntil(this.#seq);
    return `[${items.join(",")}]`;
  }

  #forgetUntil(seq: number): void {
    const kept = this.#items.filter((item) => item.seq > seq);
    if (kept.length < this.#items.length) this.#forgottenSeq = seq;
    this.#items = kept;
    this.#share.hold(kept.reduce((sum, item) => sum + item.frame.length, 0));
  }

  #forgetAll(): void {
    this.#items = [];
    this.#share.hold(0);
  }

  takePending(): string[] {
    const pending = this.#items.filter((item) => item.seq > this.#handedSeq);
    this.#forgetAll();
    return pending.map((item) => item.frame).filter((frame) => !isWelcome(frame));
  }

  /** Leaves an open poll to run out: its page has got `welcome` on another connection, and gives the poll up. */
  moveOn(): void {
    this.#isClosed = true;
    this.#place.hold(0);
    this.#forgetAll();
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    const isPolled = this.isHeld;
    if (code !== 1000) this.send(closingFrame(code, reason));
    this.#isClosed = true;
    this.#place.hold(0);
    this.#answer?.(true);
    // Only a poll that is open can get the closing frame. No later poll asks here.
    if (!isPolled) this.#forgetAll();
  }
}

function withSeq({ seq, frame }: Item): string {
  return `{"seq":${seq},${frame.slice(1)}`;
}

/** A `welcome` belongs to its connection: the next connection sends its own. */
function isWelcome(frame: string): boolean {
  return frame.startsWith('{"type":"welcome"');
}

/** Returns the error frame that tells an open poll what a close code tells a WebSocket. */
function closingFrame(code: number, message: string): string {
  return errorFrame({ code: lastWordOf(code) ?? "not-joined", message });
}
