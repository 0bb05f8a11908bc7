/** Judges whether a node withstood an attack. Pure. */
import { megabytes, ms } from "../bench/figures.ts";
import type { Outcome } from "./measure.ts";

/**
 * A longer pause is felt in a chat. Judged only after a minute or more: among 30 messages, the 99th
 * percentile is the slowest single message.
 */
const P99 = { ms: 50, seconds: 60 } as const;

/** Memory that the smallest rented machines have beside their system. */
const RESIDENT_BYTES = 400e6;

/**
 * Memory that may remain a minute after an attack: a tenth more than before, and V8's heaps, which stay
 * larger than those of a node that has just started. 30 MB remained after attacks on HTTP and
 * WebSockets, 80 MB where the thread for WebRTC was started too. Judged only after a minute's rest: V8
 * has released its garbage by then.
 */
const AFTER = { share: 1.1, heapBytes: 96e6, seconds: 60 } as const;

export interface Effort {
  /** Number of attacks at once. */
  readonly attacks: number;
  readonly seconds: number;
}

/** One sentence for each crossed bound. A missing figure (NaN) crosses its bound. */
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
  // All attacks at once are meant to slow the node down.
  if (attacks > 1) return failures;
  check(canary.unacknowledged === 0, `${canary.unacknowledged} messages were not acknowledged`);
  const isJudged = seconds >= P99.seconds;
  check(
    !isJudged || canary.p99 < P99.ms,
    `messages took ${ms(canary.p99)} (p99), ${P99.ms} ms at most`,
  );
  return failures;
}
