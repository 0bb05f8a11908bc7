/** Runs attacks on a node, with a canary beside them. */
import type { Aim, Attack } from "./attacks.ts";
import { type CanaryReport, startCanary } from "./canary.ts";
import { startVictim, type VictimOptions } from "./victim.ts";
import type { Order } from "./worker.ts";

/** What new people wait for at most. */
const JOIN_MS = 2_000;

/** After an attack, until memory is looked at: what waits for somebody waits for a minute. */
const MAX_REST_SECONDS = 60;

export interface Outcome {
  readonly isUp: boolean;
  /** Whether somebody could come into a room while it went on, within two seconds. */
  readonly canJoin: boolean;
  readonly canary: CanaryReport;
  /** Before the attack. */
  readonly residentBeforeBytes: number;
  /** The most that was seen while it went on. */
  readonly residentBytes: number;
  /** Once the node had rested. */
  readonly residentAfterBytes: number;
  readonly descriptors: number;
}

export interface MeasureOptions extends VictimOptions {
  readonly seconds: number;
  /** Until memory is looked at again; default: as long as the attack, a minute at most. */
  readonly restSeconds?: number;
  /** Addresses that the attackers come from; default: one. */
  readonly from?: readonly string[];
}

export async function measure(
  attacks: readonly Attack[],
  { seconds, restSeconds = Math.min(seconds, MAX_REST_SECONDS), from = [], ...options }:
    MeasureOptions,
): Promise<Outcome> {
  const victim = await startVictim(options);
  try {
    const canary = await startCanary(victim.canaryUrl);
    const residentBeforeBytes = await victim.resident();
    const stopAttack = startAttack(
      { nodeUrl: victim.attackUrl, stunPort: victim.stunPort, from },
      attacks,
    );
    let [residentBytes, descriptors] = [0, 0];
    const look = async () => {
      if (!victim.isUp()) return;
      descriptors = Math.max(descriptors, victim.descriptors());
      residentBytes = Math.max(residentBytes, await victim.resident());
    };
    const looks = setInterval(look, 100);
    await pass(seconds);
    const canJoin = await joins(victim.canaryUrl);
    await look();
    clearInterval(looks);
    await stopAttack();
    const report = await canary.stop();
    await pass(restSeconds);
    const residentAfterBytes = await victim.resident();
    const resident = { residentBeforeBytes, residentBytes, residentAfterBytes };
    return { isUp: victim.isUp(), canJoin, canary: report, ...resident, descriptors };
  } finally {
    await victim.stop();
  }
}

function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** @returns what ends it, and resolves when all that it opened is closed. */
function startAttack(aim: Aim, attacks: readonly Attack[]): () => Promise<void> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const done = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage({ aim, names: attacks.map(({ name }) => name) } satisfies Order);
  return async () => {
    worker.postMessage("stop");
    await done;
    worker.terminate();
  };
}

async function joins(nodeUrl: string): Promise<boolean> {
  const signal = AbortSignal.timeout(JOIN_MS);
  try {
    const response = await fetch(`${nodeUrl}/signal?room=late&peer_id=late`, { signal });
    return response.ok && (await response.text()).includes("welcome");
  } catch {
    return false;
  }
}
