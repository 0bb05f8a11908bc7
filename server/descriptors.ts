/**
 * How many files and sockets the process may have open, and what a node does with them. Deno's runtime
 * panics or loses its listener where there are none left, so a node takes fewer than there are.
 */

/** Kept for files, threads, STUN, and what a browser page of the node opens in a burst. */
const RESERVE = 128;
/** More connections than this are bounded by memory. */
const MOST_CONNECTIONS = 20_000;
/** Where the system does not say: macOS gives a shell so many. */
const ASSUMED_LIMIT = 256;

/** The process's soft limit of open files (`RLIMIT_NOFILE`). */
export function descriptorLimit(): number {
  try {
    const limits = Deno.readTextFileSync("/proc/self/limits");
    const [, soft = ""] = /^Max open files +(\d+|unlimited)/m.exec(limits) ?? [];
    return soft === "unlimited" ? Infinity : Number(soft) || ASSUMED_LIMIT;
  } catch {
    return Deno.build.os === "windows" ? Infinity : ASSUMED_LIMIT;
  }
}

/** How many connections a node may have: what its WebRTC links need beside them is left. */
export function connectionLimit(limit = descriptorLimit()): number {
  return Math.max(16, Math.min(MOST_CONNECTIONS, Math.floor((limit - RESERVE) * 2 / 3)));
}
