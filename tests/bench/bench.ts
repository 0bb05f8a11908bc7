/** The interface of a benchmark: it has a name, measures, and returns rows of the table. */

/** A comparison figure that was measured in the same run. */
export interface Beside {
  /** For example "bare Deno.serve 38,112/s". */
  readonly text: string;
  /** Our figure divided by this one, both in the row's unit. */
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
  /** A folder for databases, on the disk that is measured; removed after the run. */
  readonly folder: string;
  /** Number of times that a row and its comparison figures are measured, in turn. */
  readonly rounds: number;
  /** Duration of a round of load. */
  readonly seconds: number;
}

export interface Bench {
  /** For `--only`. */
  readonly name: string;
  run(at: Surroundings): Promise<Row[]>;
}

/**
 * Measures each of `subjects` `rounds` times, in turn, so that other work on the machine affects all of
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
