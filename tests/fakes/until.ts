/** Waits for a condition, not for a time. */

/** Longest time that a working condition may take on a machine that is busy with other tests. */
const PATIENCE_MS = 60_000;

/**
 * Resolves when `condition` holds, looking again every few milliseconds.
 * @throws {Error} naming `what` when it never does.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = condition.toString(),
): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!await condition()) {
    if (performance.now() > giveUpAt) throw new Error(`Never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
