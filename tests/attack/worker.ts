/** Attacks from a thread of their own, so that a canary is not held up by who attacks. */
import { type Aim, ATTACKS } from "./attacks.ts";

/** What the thread is told: where to, and which attacks. */
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
