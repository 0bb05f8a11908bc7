/**
 * Measures the compiled executable and prints one table. Each figure stands beside a comparison figure
 * of the same run.
 *
 * `deno task bench` runs everything, `deno task bench --only send,fanout --rounds 5 --seconds 2` only
 * some. `--folder` chooses the disk for the databases. The executable is `dist/e-goat` unless
 * `EGOAT_EXECUTABLE` names another. The exit code is 1 when a figure is not reached.
 */
import { parseOptions } from "../../scripts/arguments.ts";
import { ROOT } from "../../scripts/files.ts";
import { exitWithError } from "../../scripts/run.ts";
import type { Bench, Row, Surroundings } from "./bench.ts";
import { endpointBench } from "./endpoint_bench.ts";
import { executableBench } from "./executable_bench.ts";
import { fanoutBench } from "./fanout_bench.ts";
import { historyBench } from "./history_bench.ts";
import { LOAD_PROGRAM } from "./http_load.ts";
import { ladderBench } from "./ladder_bench.ts";
import { membersBench } from "./members_bench.ts";
import { pageBench } from "./page_bench.ts";
import { pairBench } from "./pair_bench.ts";
import { sendBench } from "./send_bench.ts";
import { signalingBench } from "./signaling_bench.ts";
import { tableLines } from "./table.ts";

const BENCHES: readonly Bench[] = [
  sendBench,
  historyBench,
  fanoutBench,
  pairBench,
  signalingBench,
  executableBench,
  membersBench,
  endpointBench,
  ladderBench,
  pageBench,
];

const EXECUTABLE = Deno.build.os === "windows" ? "e-goat.exe" : "e-goat";

const OPTIONS = {
  only: { type: "string" },
  rounds: { type: "string", default: "3" },
  seconds: { type: "string", default: "3" },
  folder: { type: "string" },
} as const;

function readOptions() {
  try {
    return parseOptions(Deno.args, OPTIONS);
  } catch (error) {
    exitWithError(error);
  }
}

const values = readOptions();

function chosen(only: string | undefined): readonly Bench[] {
  if (only === undefined) return BENCHES;
  return only.split(",").map((name) => {
    const bench = BENCHES.find((one) => one.name === name);
    if (bench !== undefined) return bench;
    const names = BENCHES.map((one) => one.name).join(", ");
    console.error(`--only ${name}: it must be of ${names}`);
    Deno.exit(2);
  });
}

async function runAll(benches: readonly Bench[], at: Surroundings): Promise<Row[]> {
  const rows: Row[] = [];
  for (const bench of benches) {
    console.error(`Measuring ${bench.name}`);
    rows.push(...await bench.run(at));
  }
  return rows;
}

const folder = await Deno.makeTempDir({
  prefix: "egoat-bench-",
  ...(values.folder === undefined ? {} : { dir: values.folder }),
});
const [busyBefore] = Deno.loadavg();
let rows: readonly Row[];
try {
  rows = await runAll(chosen(values.only), {
    executable: Deno.env.get("EGOAT_EXECUTABLE") ?? `${ROOT}/dist/${EXECUTABLE}`,
    folder,
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
  });
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(tableLines(rows).join("\n"));
console.log(
  `\n${navigator.hardwareConcurrency} cores, shared with the load (HTTP: ${LOAD_PROGRAM}). ` +
    `Rates are the best of ${values.rounds} rounds of ${values.seconds} s, times the median of all. ` +
    `Load average before the run: ${busyBefore?.toFixed(1)}.`,
);
Deno.exit(rows.every((row) => row.isReached) ? 0 : 1);
