/**
 * Token buckets for the frames that peers send over direct paths, where no node limits them. The
 * session drops frames beyond them: important ones are sent again, or come through the node. Counts
 * frames and characters; does not know their content.
 */
import type { PeerId } from "../protocol/mod.ts";
import { TokenBucket } from "../token_bucket.ts";
import type { Clock } from "../transport.ts";

/**
 * Far above people, and above programs that wait for acknowledgements. The burst takes a whole outbox.
 */
const FRAMES = { perSecond: 200, burst: 2_000 } as const;
/** UTF-16 code units: one frame of the largest size a second. The burst is twice a full outbox. */
const CHARS = { perSecond: 256 * 1024, burst: 4 * 1024 * 1024 } as const;

interface Account {
  readonly frames: TokenBucket;
  readonly chars: TokenBucket;
}

export class DirectBudget {
  readonly #clock: Clock;
  readonly #accounts = new Map<PeerId, Account>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one frame of `chars` from the budget of `peerId`. False when too little is left. */
  take(peerId: PeerId, chars: number): boolean {
    const account = this.#accountOf(peerId);
    // A refused frame takes from neither bucket.
    return account.chars.has(chars) && account.frames.take() && account.chars.take(chars);
  }

  /** Drops the account of a peer that is gone or has another id now. */
  forget(peerId: PeerId): void {
    this.#accounts.delete(peerId);
  }

  #accountOf(peerId: PeerId): Account {
    const known = this.#accounts.get(peerId);
    if (known !== undefined) return known;
    const made = {
      frames: new TokenBucket(FRAMES, this.#clock),
      chars: new TokenBucket(CHARS, this.#clock),
    };
    this.#accounts.set(peerId, made);
    return made;
  }
}
