/** Runs attacks in their own thread, so that they do not hold up the canary. */
import { type Aim, ATTACKS } from "./attacks.ts";

/** The message that starts the attacks: the target, and the names of the attacks. */
export interface Order {
  readonly aim: Aim;
  readonly names: readonly string[];
}

const stop = new AbortController();

self.onmessage = async ({ data }: MessageEvent<Order | "stop">) => {
  if (data === "stop") return stop.abort();
  const chosen = ATTACKS.filter(({ name }) => data.names.includes(name));
  await Promise.all(chosen.map((attack) => attack.run(data.aim, stop.signal)));
  self.postMessage("done");
};
