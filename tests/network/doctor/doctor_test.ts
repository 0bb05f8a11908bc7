/** Checks that `e-goat doctor` reports the expected findings in every kind of home. */
import assert from "node:assert/strict";
import { authorityFile, makeCertificate } from "./doctor_certificate.ts";
import { expectedFindings, type Findings } from "./doctor_theory.ts";
import type { Home } from "../lab/home.ts";
import { setUpLab } from "../lab/lab_setup.ts";
import { inParallel } from "../matrix/matrix.ts";
import { nodeProgram, nodeUrl } from "../lab/services.ts";
import { HOME_KINDS, type HomeKindName } from "../lab/theory.ts";
import { World } from "../lab/world.ts";

const problem = await setUpLab();
if (problem !== null) console.error(`Skipped, no network lab: ${problem}`);

/** A doctor spends most of its time waiting for servers that do not answer. */
const HOMES_AT_ONCE = 3;
/** Limit for all checks of one doctor. Each check gives up after some seconds. */
const CHECKS_TIMEOUT_MS = 60_000;

/** The columns of a line: the outcome, the label of the check, the finding. */
const LINE = /^(ok|limited|blocked|untested) +(\S.{15})\s(.*)$/;

const LABELS = {
  "node": "The node",
  "websocket": "WebSocket",
  "polling": "HTTP polling",
  "udp": "UDP and STUN",
  "mapping": "NAT mapping",
  "filtering": "NAT filtering",
  "turn-udp": "TURN over UDP",
  "turn-tcp": "TURN over TCP",
  "turn-tls": "TURN over TLS",
  "datachannel": "DataChannel",
  "message-size": "Largest message",
} as const;

function createWorld(): Promise<World> {
  return World.create({
    nodeArgs: ["--turn-url", "turns:turn.lab:5349"],
    certify: (folder) => makeCertificate(folder, ["turn.lab"]),
  });
}

/** Runs the doctor in a home and returns its output, line by line. */
async function askDoctor({ lab }: World, home: Home, env = {}): Promise<string[]> {
  const { family } = HOME_KINDS[home.kind];
  const program = [...nodeProgram(), "doctor", nodeUrl(family)] as [string, ...string[]];
  const doctor = lab.spawn(home.namespace, program, { env });
  await doctor.printed(/^(A chat works on this|No chat works between)/m, CHECKS_TIMEOUT_MS);
  await doctor.end();
  return doctor.output.trimEnd().split("\n");
}

/** Differences between the doctor's `lines` and the expected `findings`, as messages. */
function differences(lines: readonly string[], findings: Findings): string[] {
  const wrong: string[] = [];
  for (const [id, label] of Object.entries(LABELS)) {
    const [outcome, detail] = findings[id as keyof Findings];
    const at = lines.findIndex((line) => LINE.exec(line)?.[2]?.trim() === label);
    const [, mark, , found = ""] = LINE.exec(lines[at] ?? "") ?? [];
    const expected = outcome === "unknown" ? "untested" : outcome;
    if (mark !== expected) wrong.push(`${label}: ${mark} "${found}", not ${expected}`);
    else if (!detail.test(found)) wrong.push(`${label}: "${found}", not ${detail}`);
    const hasHelp = /^ +→ \S/.test(lines[at + 1] ?? "");
    if ((outcome === "blocked" || outcome === "limited") && !hasHelp) {
      wrong.push(`${label}: nothing says what would help`);
    }
  }
  if (lines.at(-1) !== "A chat works on this network.") wrong.push(`Last line: ${lines.at(-1)}`);
  return wrong;
}

Deno.test({
  name: "the doctor tells each kind of home by what its network allows",
  ignore: problem !== null,
  async fn(t) {
    await using world = await createWorld();
    const env = { DENO_CERT: authorityFile(world.lab.folder) };
    const homes: Home[] = [];
    for (const kind of Object.keys(HOME_KINDS) as HomeKindName[]) {
      homes.push(await world.addHome(kind));
    }
    const told = await inParallel(
      homes.map((home) => () => askDoctor(world, home, env)),
      HOMES_AT_ONCE,
    );
    for (const [index, home] of homes.entries()) {
      await t.step(HOME_KINDS[home.kind].label, () => {
        const lines = told[index] ?? [];
        assert.deepEqual(differences(lines, expectedFindings(home)), [], lines.join("\n"));
      });
    }
  },
});

Deno.test({
  name: "the doctor tells a TURN server whose certificate browsers would not trust",
  ignore: problem !== null,
  async fn() {
    await using world = await createWorld();
    const lines = await askDoctor(world, await world.addHome("open"));
    const findings = expectedFindings(await world.addHome("open"));
    assert.deepEqual(
      differences(lines, {
        ...findings,
        "turn-tls": ["blocked", /: a certificate is not trusted here \(UnknownIssuer\)$/],
      }),
      [],
      lines.join("\n"),
    );
  },
});
