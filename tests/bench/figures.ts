/** Computes figures from samples, and formats them for the table. Pure. */

/** The value that `share` (0 to 1) of `samples` do not exceed; NaN when there are none. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** The item with the largest `figure`. */
export function best<T>(items: readonly T[], figure: (item: T) => number): T {
  return items.reduce((a, b) => figure(b) > figure(a) ? b : a);
}

/** "21,304/s". */
export function perSecond(count: number): string {
  return `${Math.round(count).toLocaleString("en-US")}/s`;
}

/** "0.42 ms", "14.1 ms", "318 ms". */
export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
}

/** "73.1 MB". A megabyte is a million bytes, as in the figures to reach. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1e3).toFixed(1)} kB`;
}
