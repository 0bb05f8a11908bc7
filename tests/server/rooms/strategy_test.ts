/** A node's own strategy, followed by real sessions over real sockets. */
import assert from "node:assert/strict";
import { DEFAULT_SETTINGS, startNode } from "../../../server/mod.ts";
import { createSession, type SessionOptions } from "../../../transport/mod.ts";
import type { RoomName } from "../../../transport/protocol/mod.ts";
import { ADMIN_TOKEN, AS_ADMIN } from "../../fakes/admin.ts";
import { MemoryStore } from "../../fakes/memory_store.ts";
import { relayedPlatform } from "../../fakes/relayed_platform.ts";
import { until } from "../../fakes/until.ts";

const SETTINGS = {
  ...DEFAULT_SETTINGS,
  host: "127.0.0.1",
  httpPort: 0,
  wsPort: null,
  stunPort: null,
  adminToken: ADMIN_TOKEN,
};

function join(nodeUrl: string, name: string) {
  const options: SessionOptions = {
    nodeUrl,
    name,
    room: "kitchen" as RoomName,
    platform: relayedPlatform(),
  };
  const session = createSession(options);
  session.join();
  return session;
}

Deno.test("sessions go on by polling alone where the node asks for http-only, and lose nothing", async () => {
  const node = await startNode(
    { ...SETTINGS, strategy: "http-only" },
    { store: new MemoryStore() },
  );
  const [ann, bob] = [join(node.url, "Ann"), join(node.url, "Bob")];
  const all = [ann, bob];
  const texts = Array.from({ length: 10 }, (_, count) => `message ${count}`);
  for (const text of texts) ann.send(text);
  await until(() => all.every(({ uplink }) => uplink.tier === "http-polling"));
  await until(() => all.every(({ messages }) => messages.every(({ state }) => state === "stored")));
  await until(() => bob.messages.length === texts.length);
  assert.deepEqual(bob.messages.map(({ text }) => text), texts);
  assert.deepEqual(all.map(({ strategy }) => strategy), ["http-only", "http-only"]);
  const status = await fetch(`${node.url}/transport/status`, AS_ADMIN);
  assert.deepEqual((await status.json()).members, { "http-polling": 2 });
  for (const session of all) session.leave();
  await node.close();
});
