/**
 * Limits the bytes that one end of a connection may send to addresses that have not answered it. The signaling side
 * names these addresses, so each packet may hit a victim that never asked for it. Three bytes may go out for
 * each byte that came in, as in QUIC (RFC 9000 section 8.1). Handles addresses as text, and no packets.
 */
import type { Clock } from "../transport.ts";

/** RFC 9000 section 8: enough for a check, its repetitions and its answer. */
const BYTES_FOR_ONE = 3;
/** Most bytes that the signals of a connection allow: some 140 checks, more than any honest connection needs. */
const MAX_SIGNALED_BYTES = 12 * 1024;
/** The share of that allowance for one address: the rest is for the addresses tried after it. */
const SHARE = 1 / 4;
/** Most addresses that a connection remembers: its candidates, and the sources of packets. */
const MAX_REMOTES = 64;

interface Remote {
  /** Bytes that may go there in return for bytes that came from there. */
  credit: number;
  /** Bytes of the signals' allowance that went there. */
  spent: number;
  hasAnswered: boolean;
}

/** The send allowance of one connection. A `remote` is an address with its port. */
export class SendAllowance {
  readonly #takeRate: () => boolean;
  readonly #remotes = new Map<string, Remote>();
  #allowed = 0;
  #spent = 0;

  /** `takeRate` takes one packet from this second's budget of all connections; false when that is used up. */
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

  /** Notes that `remote` has sent data that only the receiver of our packet can know. */
  answered(remote: string): void {
    this.#remote(remote).hasAnswered = true;
  }

  /** Whether `bytes` may go to `remote`; if so, counts them. */
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

  /** Forgets the oldest address without an answer, since anyone can invent addresses; else all of them. */
  #forgetOne(): void {
    for (const [remote, { hasAnswered }] of this.#remotes) {
      if (!hasAnswered) return void this.#remotes.delete(remote);
    }
    this.#remotes.clear();
  }
}

/** Most packets a second to unanswered addresses: a hundred people who come at once, with some tries each. */
const NODE_PER_SECOND = 1_000;
/**
 * The part of them for connections that one address opened: a class behind one address is served within seconds.
 * Once half of the second's packets are taken, an address gets only `SCARCE_PER_SECOND`.
 */
const ADDRESS_PER_SECOND = 250;
const SCARCE_PER_SECOND = NODE_PER_SECOND / 8;

/** The packets that all connections together may send to unanswered addresses, in each second of the clock. */
export class UnansweredRate {
  readonly #clock: Pick<Clock, "now">;
  readonly #byAddress = new Map<string, number>();
  #second = -1;
  #count = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Takes a packet for a connection that the address `from` opened; false when none is left. */
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
