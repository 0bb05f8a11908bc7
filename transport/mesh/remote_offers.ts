/**
 * The offers of one remote peer: tells new ones from repeated ones, and limits their rate.
 * `mesh_peer.ts` decides what to do when both peers offer at once (glare).
 */
import { TokenBucket } from "../token_bucket.ts";
import type { Clock } from "../transport.ts";

/**
 * Rate of connections that a peer may offer: each costs a connection here too, and browsers have
 * only so many. An honest peer offers one every few seconds. After a minute away from the node, this session
 * gets all offers of that time in one burst.
 */
const OFFERS = { perSecond: 1, burst: 16 } as const;

export class RemoteOffers {
  /** The counter of the newest connection that the remote peer has offered. */
  #newest = 0;
  readonly #rate: TokenBucket;

  constructor(clock: Pick<Clock, "now">) {
    this.#rate = new TokenBucket(OFFERS, clock);
  }

  /**
   * Notes an offer for the connection `from` (`instance.n`). False when it is not newer than the newest
   * one: the node repeats frames to a member that comes back.
   */
  note(from: string | undefined): boolean {
    const count = Number(from?.split(".").at(-1));
    // Older clients count nothing.
    if (Number.isNaN(count)) return true;
    if (count <= this.#newest) return false;
    this.#newest = count;
    return true;
  }

  /** Takes one offer from the peer's rate. False when it offers too often. */
  take(): boolean {
    return this.#rate.take();
  }
}
