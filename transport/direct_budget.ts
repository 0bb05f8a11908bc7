/**
 * How much a peer may say over its direct path, where no node counts for us. What exceeds it is not
 * looked at: what matters comes again, or through the node. Counts; what a frame is, it does not know.
 */
import type { PeerId } from "./protocol.ts";
import type { Clock } from "./transport.ts";

/** Far above people and programs that wait for acknowledgements; an outbox goes out in one burst. */
const FRAMES = { perSecond: 200, burst: 2_000 } as const;
/** UTF-16 code units: a pasted log a second, and all that an outbox may hold, twice. */
const CHARS = { perSecond: 256 * 1024, burst: 4 * 1024 * 1024 } as const;

interface Account {
  frames: number;
  chars: number;
  atMs: number;
}

export class DirectBudget {
  readonly #clock: Clock;
  readonly #accounts = new Map<PeerId, Account>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `peerId` may say so many characters now; if so they are counted. */
  take(peerId: PeerId, chars: number): boolean {
    const nowMs = this.#clock.now();
    const known = this.#accounts.get(peerId);
    const account = known ?? { frames: FRAMES.burst, chars: CHARS.burst, atMs: nowMs };
    if (known === undefined) this.#accounts.set(peerId, account);
    const seconds = (nowMs - account.atMs) / 1000;
    account.atMs = nowMs;
    account.frames = Math.min(FRAMES.burst, account.frames + seconds * FRAMES.perSecond);
    account.chars = Math.min(CHARS.burst, account.chars + seconds * CHARS.perSecond);
    if (account.frames < 1 || account.chars < chars) return false;
    account.frames--;
    account.chars -= chars;
    return true;
  }

  /** The peer is gone. */
  forget(peerId: PeerId): void {
    this.#accounts.delete(peerId);
  }
}
