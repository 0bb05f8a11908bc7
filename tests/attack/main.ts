/**
 * Attacks a node with every attack of `attacks.ts`, each for a minute from one address, and then with
 * all at once from ten addresses for ten times as long: `deno task attack`, or `deno task attack
 * --seconds 10`. The exit code is 1 when the node fails, and the reasons are printed (`verdict.ts`).
 */
import { parseOptions } from "../../scripts/arguments.ts";
import { exitWithError } from "../../scripts/run.ts";
import { megabytes, ms } from "../bench/figures.ts";
import { type Attack, ATTACKS } from "./attacks.ts";
import { measure, type MeasureOptions, type Outcome } from "./measure.ts";
import { whatFails } from "./verdict.ts";

const OPTIONS = { seconds: { type: "string", default: "60" } } as const;

function readSeconds(): number {
  try {
    return Number(parseOptions(Deno.args, OPTIONS).seconds);
  } catch (error) {
    exitWithError(error);
  }
}

const seconds = readSeconds();

function row(name: string, { isUp, canJoin, canary, ...held }: Outcome): string {
  const { p50, p99, sent, lost, unacknowledged } = canary;
  const cells = [
    name,
    isUp ? "up" : "DOWN",
    canJoin ? "yes" : "NO",
    `${ms(p50)}, ${ms(p99)}`,
    `${sent}, ${lost}, ${unacknowledged}`,
    ...[held.residentBeforeBytes, held.residentBytes, held.residentAfterBytes].map(megabytes),
    `${held.descriptors}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

console.log(
  "| attack | node | can join | canary p50, p99 | sent, lost, unacknowledged | resident before | " +
    "at most | after | descriptors |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
let stands = true;

async function attackWith(attacks: readonly Attack[], name: string, options: MeasureOptions) {
  const outcome = await measure(attacks, options);
  console.log(row(name, outcome));
  const failures = whatFails(outcome, { attacks: attacks.length, seconds });
  for (const failure of failures) console.error(`${name}: ${failure}`);
  stands &&= failures.length === 0;
}

for (const attack of ATTACKS) await attackWith([attack], attack.name, { seconds });
const from = Array.from({ length: 10 }, (_, n) => `127.0.0.${n + 2}`);
await attackWith(ATTACKS, "all at once", { seconds: 10 * seconds, from });
Deno.exit(stands ? 0 : 1);
