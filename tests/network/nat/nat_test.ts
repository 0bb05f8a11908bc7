import assert from "node:assert/strict";
import { HOSTS, Internet } from "../lab/internet.ts";
import { Lab } from "../lab/lab.ts";
import { setUpLab } from "../lab/lab_setup.ts";
import type { NatFinding } from "./nat_probe.ts";
import { ownProgram } from "../lab/programs.ts";
import { HOME_KINDS, type HomeKind, type HomeKindName } from "../lab/theory.ts";

const problem = await setUpLab();
if (problem !== null) console.error(`Skipped, no network lab: ${problem}`);

/** The finding that a probe must report in a home. Without a NAT, everyone is let in. */
function expectedFinding({ udp }: HomeKind): NatFinding {
  if (udp === null) return { mapping: null, filtering: null };
  const filtering = udp.filtering === "none" ? "endpoint-independent" : udp.filtering;
  return { mapping: udp.mapping, filtering };
}

async function probe(internet: Internet, kind: HomeKindName): Promise<NatFinding> {
  const home = await internet.addHome(kind);
  const probe = internet.lab.spawn(
    home.namespace,
    ownProgram("nat/nat_probe.ts", HOSTS.mirror.v4),
  );
  await probe.printed(/mapping/);
  await probe.end();
  return JSON.parse(probe.output);
}

Deno.test({
  name: "each home's router maps and filters as its kind says",
  ignore: problem !== null,
  async fn(t) {
    await using lab = await Lab.create();
    const internet = await Internet.create(lab);
    await internet.addHost("mirror");
    const mirror = lab.spawn("mirror", ownProgram("nat/nat_mirror.ts", HOSTS.mirror.v4));
    await mirror.printed(/ready/);
    for (const [name, kind] of Object.entries(HOME_KINDS)) {
      if (kind.family === 6) continue;
      await t.step(kind.label, async () => {
        assert.deepEqual(await probe(internet, name as HomeKindName), expectedFinding(kind));
      });
    }
  },
});
