/**
 * The offers of one remote peer: tells new ones from repeated ones, and limits their rate.
 * `mesh_peer.ts` decides what to do when both peers offer at once (glare).
 */

/**
 * Rate of connections that a peer may offer (GCRA): each costs a connection here too, and browsers have
 * only so many. An honest peer offers one every few seconds. After a minute away from the node, this session
 * gets all offers of that time in one burst.
 */
const OFFERS = { burst: 16, everyMs: 1_000 } as const;

export class RemoteOffers {
  /** The counter of the newest connection that the remote peer has offered. */
  #newest = 0;
  /** Theoretical arrival time (GCRA) of the next offer, in milliseconds of the clock. */
  #dueMs = 0;

  /**
   * Notes an offer for the connection `from` (`instance.n`). False when it is not newer than the newest
   * one: the node repeats frames to a member that comes back.
   */
  note(from: string | undefined): boolean {
    const count = Number(from?.split(".").at(-1));
    if (count <= this.#newest) return false;
    this.#newest = count;
    return true;
  }

  /** Takes one offer from the peer's rate. False when it offers too often. */
  take(nowMs: number): boolean {
    const dueMs = Math.max(this.#dueMs, nowMs);
    if (dueMs - nowMs > (OFFERS.burst - 1) * OFFERS.everyMs) return false;
    this.#dueMs = dueMs + OFFERS.everyMs;
    return true;
  }
}
