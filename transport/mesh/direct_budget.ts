/**
 * Token buckets for the frames that peers send over direct paths, where no node limits them. The
 * session drops frames beyond them: important ones are sent again, or come through the node. Counts
 * frames and characters; does not know their content.
 */
import type { PeerId } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";

/**
 * Far above people, and above programs that wait for acknowledgements. The burst takes a whole outbox.
 */
const FRAMES = { perSecond: 200, burst: 2_000 } as const;
/** UTF-16 code units: one frame of the largest size a second. The burst is twice a full outbox. */
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

  /** Takes one frame of `chars` from the budget of `peerId`. False when too little is left. */
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

  /** Drops the account of a peer that is gone or has another id now. */
  forget(peerId: PeerId): void {
    this.#accounts.delete(peerId);
  }
}
