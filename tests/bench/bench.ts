/** What a benchmark is: something with a name that measures and gives rows of the table. */

/** What was measured in the same run, to hold the figure against. */
export interface Beside {
  /** "bare Deno.serve 38,112/s". */
  readonly text: string;
  /** Ours divided by it, both in the row's unit. */
  readonly ratio: number;
}

export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly toReach: string;
  readonly isReached: boolean;
  readonly beside: readonly Beside[];
}

/** Where and how long benchmarks run. */
export interface Surroundings {
  /** The compiled executable. */
  readonly executable: string;
  /** A folder on the disk that databases are to lie on; removed after the run. */
  readonly folder: string;
  /** How often a row and what is beside it are measured, in turn. */
  readonly rounds: number;
  /** How long a round of load lasts. */
  readonly seconds: number;
}

export interface Bench {
  /** For `--only`. */
  readonly name: string;
  run(at: Surroundings): Promise<Row[]>;
}

/**
 * Measures each of `subjects` `rounds` times, in turn, so that what else the machine does meets all of
 * them alike. Returns the results by subject.
 */
export async function inTurn<T, R>(
  subjects: readonly T[],
  rounds: number,
  measure: (subject: T) => Promise<R>,
): Promise<R[][]> {
  const results: R[][] = subjects.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      results[index]!.push(await measure(subject));
    }
  }
  return results;
}
