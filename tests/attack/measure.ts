/** Runs attacks on a node while a canary uses it. */
import type { Aim, Attack } from "./attacks.ts";
import { type CanaryReport, startCanary } from "./canary.ts";
import { startVictim, type VictimOptions } from "./victim.ts";
import type { Order } from "./worker.ts";

/** Longest time for a new member to join. */
const JOIN_MS = 2_000;

/**
 * Longest rest between an attack and the last look at memory. Signals wait a minute for their recipient.
 */
const MAX_REST_SECONDS = 60;

export interface Outcome {
  readonly isUp: boolean;
  /** Whether a new member could join during the attack, within two seconds. */
  readonly canJoin: boolean;
  readonly canary: CanaryReport;
  /** Resident memory before the attack. */
  readonly residentBeforeBytes: number;
  /** The largest value during the attack. */
  readonly residentBytes: number;
  /** The value after the rest. */
  readonly residentAfterBytes: number;
  readonly descriptors: number;
}

export interface MeasureOptions extends VictimOptions {
  readonly seconds: number;
  /** Rest before memory is looked at again; default: as long as the attack, a minute at most. */
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

/**
 * Starts the attacks in a thread.
 * @returns A function that ends the attacks, and resolves when all their connections are closed.
 */
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
