/**
 * The node that the black-box tests talk to: the one at `EGOAT_URL` (started with `--rate-limit 0`), or
 * else a node of the tests in this process, on a free port.
 */
import { DEFAULT_SETTINGS, type Settings, startNode } from "../../server/mod.ts";
import { ADMIN_TOKEN } from "../fakes/admin.ts";
import { MemoryStore } from "../fakes/memory_store.ts";

/** Set when the tests run against a foreign node. */
export const FOREIGN_URL = Deno.env.get("EGOAT_URL");

export interface NodeUnderTest {
  /** Base without a slash at the end. */
  readonly url: string;
  /** The second port's base; the same as `url` for a foreign node. */
  readonly secondUrl: string;
  /** A room that no other test uses. */
  readonly room: string;
}

/** Runs `run` with a node. `settings` apply to our own node; a foreign node keeps its settings. */
export async function withNode(
  run: (node: NodeUnderTest) => Promise<void>,
  settings: Partial<Settings> = {},
): Promise<void> {
  const room = `test-${crypto.randomUUID()}`;
  if (FOREIGN_URL !== undefined) {
    const url = FOREIGN_URL.replace(/\/$/, "");
    return await run({ url, secondUrl: url, room });
  }
  const store = new MemoryStore();
  const own = { ...DEFAULT_SETTINGS, host: "127.0.0.1", httpPort: 0, wsPort: 0, rateLimit: 0 };
  const admin = { adminToken: ADMIN_TOKEN };
  const node = await startNode({ ...own, ...admin, ...settings }, { store });
  try {
    await run({ url: node.url, secondUrl: `http://127.0.0.1:${node.wsPort}`, room });
  } finally {
    await node.close();
  }
}
