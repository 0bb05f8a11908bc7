/** Percentiles of what was measured. */

export interface Tail {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function tailOf(values: readonly number[]): Tail {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
