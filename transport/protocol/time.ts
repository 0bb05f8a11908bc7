/** Time on the wire: Unix seconds with a fraction. */
import * as z from "zod/mini";

/** Microseconds since 1970 as the wire's seconds with a fraction; exact until the year 2106. */
export function timestampFromUs(us: number): number {
  return us / 1e6;
}

/** The wire's seconds as microseconds; the inverse of {@linkcode timestampFromUs}. */
export function usFromTimestamp(seconds: number): number {
  return Math.round(seconds * 1e6);
}

/** Unix seconds with a fraction down to the microsecond. */
export const timestamp = z.number().check(z.gte(0), z.lt(9_007_199_254));

/** The sender's clock, Unix seconds. Shown until the node's `timestamp` arrives; never used for sorting. */
export const sentAt = timestamp;
