/**
 * How much one end of a link may send to addresses that have not answered it. Whoever signals names
 * them, so each packet there may be aimed at somebody who never asked for it: three bytes go out for
 * one that came in, as in QUIC (RFC 9000 section 8.1). Knows addresses as text, and no packets.
 */
import type { Clock } from "./transport.ts";

/** RFC 9000 section 8: enough for a check, its repetitions and its answer. */
const BYTES_FOR_ONE = 3;
/** For a link's signals, whatever their size: some 140 checks, more than any honest one needs. */
const MAX_SIGNALED_BYTES = 12 * 1024;
/** Of that, for one address: the rest is for those that are tried after it. */
const SHARE = 1 / 4;
/** Addresses that a link knows: its candidates, and where packets came from. */
const MAX_REMOTES = 64;

interface Remote {
  /** What may go there for what came from there. */
  credit: number;
  /** What went there of the signals' allowance. */
  spent: number;
  hasAnswered: boolean;
}

/** What one link may send. A `remote` is an address with its port. */
export class SendAllowance {
  readonly #takeRate: () => boolean;
  readonly #remotes = new Map<string, Remote>();
  #allowed = 0;
  #spent = 0;

  /** `takeRate`: takes a packet from what all links may send in this second; false when it is gone. */
  constructor(takeRate: () => boolean) {
    this.#takeRate = takeRate;
  }

  /** Notes bytes that came by signaling. */
  signaled(bytes: number): void {
    this.#allowed = Math.min(this.#allowed + bytes * BYTES_FOR_ONE, MAX_SIGNALED_BYTES);
  }

  /** Notes a packet that says it is from `remote`. */
  received(remote: string, bytes: number): void {
    const known = this.#remote(remote);
    if (!known.hasAnswered) known.credit += bytes * BYTES_FOR_ONE;
  }

  /** Notes that `remote` has told what only who was sent to can know. */
  answered(remote: string): void {
    this.#remote(remote).hasAnswered = true;
  }

  /** Whether `bytes` may go to `remote`; if so, they count. */
  take(remote: string, bytes: number): boolean {
    const known = this.#remote(remote);
    if (known.hasAnswered) return true;
    const isCredited = known.credit >= bytes;
    const isAllowed = this.#spent + bytes <= this.#allowed &&
      known.spent + bytes <= this.#allowed * SHARE;
    if (!(isCredited || isAllowed) || !this.#takeRate()) return false;
    if (isCredited) {
      known.credit -= bytes;
    } else {
      known.spent += bytes;
      this.#spent += bytes;
    }
    return true;
  }

  #remote(remote: string): Remote {
    const known = this.#remotes.get(remote);
    if (known !== undefined) return known;
    if (this.#remotes.size >= MAX_REMOTES) this.#forgetOne();
    const made = { credit: 0, spent: 0, hasAnswered: false };
    this.#remotes.set(remote, made);
    return made;
  }

  /** The oldest that has not answered: anyone can make up others. */
  #forgetOne(): void {
    for (const [remote, { hasAnswered }] of this.#remotes) {
      if (!hasAnswered) return void this.#remotes.delete(remote);
    }
    this.#remotes.clear();
  }
}

/** A second's packets to who has not answered: a hundred people who come at once, by some tries each. */
const NODE_PER_SECOND = 1_000;
/**
 * Of them, for links that one address opened: a class that comes at once has its own within seconds. Once
 * half of the second's packets are taken, an address has fewer.
 */
const ADDRESS_PER_SECOND = 250;
const SCARCE_PER_SECOND = NODE_PER_SECOND / 8;

/** What all links together may send to who has not answered, in each second of the clock. */
export class UnansweredRate {
  readonly #clock: Pick<Clock, "now">;
  readonly #byAddress = new Map<string, number>();
  #second = -1;
  #count = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Takes a packet for a link that the address `from` opened; false when there is none left. */
  take(from: string): boolean {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
      this.#byAddress.clear();
    }
    const count = this.#byAddress.get(from) ?? 0;
    const isScarce = this.#count >= NODE_PER_SECOND / 2;
    if (count >= (isScarce ? SCARCE_PER_SECOND : ADDRESS_PER_SECOND)) return false;
    if (this.#count >= NODE_PER_SECOND) return false;
    this.#count++;
    this.#byAddress.set(from, count + 1);
    return true;
  }
}
