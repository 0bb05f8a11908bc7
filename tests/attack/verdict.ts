/** Whether a node stands an attack. Pure. */
import { megabytes, ms } from "../bench/figures.ts";
import type { Outcome } from "./measure.ts";

/** A longer pause is felt in a chat. Judged of a minute or more: of 30 messages each is the 99th percentile. */
const P99 = { ms: 50, seconds: 60 } as const;

/** What the smallest rented machines have beside their system. */
const RESIDENT_BYTES = 400e6;

/**
 * What may stay of an attack after a minute: a tenth of what was held before, and V8's heaps, which stay
 * larger than those of a node that has just started. 30 MB stayed of attacks on HTTP and WebSockets, 80 MB
 * where the thread for WebRTC was started too. Judged of a minute's rest: V8 lets go of it by then.
 */
const AFTER = { share: 1.1, heapBytes: 96e6, seconds: 60 } as const;

export interface Effort {
  /** How many at once. */
  readonly attacks: number;
  readonly seconds: number;
}

/** Sentences, one for each bound that was crossed. A figure that is missing (NaN) crosses its bound. */
export function whatFails(outcome: Outcome, { attacks, seconds }: Effort): string[] {
  const { isUp, canJoin, canary, residentBytes, residentBeforeBytes, residentAfterBytes } = outcome;
  const afterBytes = residentBeforeBytes * AFTER.share + AFTER.heapBytes;
  const failures: string[] = [];
  const check = (holds: boolean, failure: string) => {
    if (!holds) failures.push(failure);
  };
  check(isUp, "the node is down");
  check(canJoin, "nobody could join within two seconds");
  check(canary.lost === 0, `${canary.lost} acknowledged messages are lost`);
  check(canary.unacknowledged < canary.sent, "no message was acknowledged");
  check(residentBytes < RESIDENT_BYTES, `it held ${megabytes(residentBytes)}`);
  check(
    seconds < AFTER.seconds || residentAfterBytes <= afterBytes,
    `it holds ${megabytes(residentAfterBytes)} after the attack, ${megabytes(afterBytes)} at most`,
  );
  // All at once are meant to be slow.
  if (attacks > 1) return failures;
  check(canary.unacknowledged === 0, `${canary.unacknowledged} messages were not acknowledged`);
  const isJudged = seconds >= P99.seconds;
  check(
    !isJudged || canary.p99 < P99.ms,
    `messages took ${ms(canary.p99)} (p99), ${P99.ms} ms at most`,
  );
  return failures;
}
