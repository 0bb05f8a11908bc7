/**
 * Attacks a node with all that is in `attacks.ts`, each for a minute, then with all at once:
 * `deno task attack`, or `deno task attack --seconds 10`. Ends with 1 when the node does not stand it.
 */
import { parseOptions } from "../../scripts/arguments.ts";
import { exitWithError } from "../../scripts/run.ts";
import { megabytes, ms } from "../bench/figures.ts";
import { ATTACKS } from "./attacks.ts";
import { measure, type Outcome } from "./measure.ts";

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
    megabytes(held.residentBytes),
    `${held.descriptors}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

console.log(
  "| attack | node | can join | canary p50, p99 | sent, lost, unacknowledged | resident | descriptors |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
let stands = true;
const rounds = [...ATTACKS.map((attack) => [attack]), ATTACKS];
for (const attacks of rounds) {
  const outcome = await measure(attacks, { seconds });
  console.log(row(attacks.length === 1 ? attacks[0]!.name : "all at once", outcome));
  stands &&= outcome.isUp && outcome.canJoin && outcome.canary.lost === 0;
}
Deno.exit(stands ? 0 : 1);
