/** Shared by the tests of the checks: a real node in this process. */
import { DEFAULT_SETTINGS, startNode } from "../../../server/mod.ts";
import type { Check } from "../../../transport/doctor/checks.ts";
import { type Clock, systemClock } from "../../../transport/transport.ts";
import { MemoryStore } from "../../fakes/memory_store.ts";

const WORKER = new URL("../../../transport/werift/endpoint_worker.ts", import.meta.url);

/** Runs `use` with a node that has `settings`. Only these can give it a STUN server or a second port. */
export async function withNode(
  settings: Partial<typeof DEFAULT_SETTINGS>,
  use: (nodeUrl: string) => Promise<void>,
  clock: Clock = systemClock,
): Promise<void> {
  const local = { host: "127.0.0.1", httpPort: 0, wsPort: null, stunPort: null, stunUrls: [] };
  const node = await startNode({ ...DEFAULT_SETTINGS, ...local, ...settings }, {
    store: new MemoryStore(),
    clock,
    webrtcWorker: () => new Worker(WORKER, { type: "module" }),
  });
  try {
    await use(node.url);
  } finally {
    await node.close();
  }
}

/** The outcome of each check, by its id. */
export function outcomes(checks: readonly Check[]): Record<string, string> {
  return Object.fromEntries(checks.map(({ id, outcome }) => [id, outcome]));
}
