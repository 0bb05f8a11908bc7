/** Checks that a stranger without a room's name learns nothing that contains one. */
import assert from "node:assert/strict";
import { adminTokenPath, ownAdminToken } from "../../../server/settings/admin_token.ts";
import { createApp } from "../../../server/http/app.ts";
import { assemble } from "../../../server/node.ts";
import { DEFAULT_SETTINGS } from "../../../server/settings/settings.ts";
import type { MessageId, PeerId, RoomName } from "../../../transport/protocol/mod.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { MemoryStore } from "../../fakes/memory_store.ts";

const TOKEN = "a-token-of-the-owner";

/** Paths about all rooms: for the owner alone. */
const ADMIN_PATHS = [
  "/metrics",
  "/transport/status",
  "/api/v2/rooms",
  "/api/v2/rooms?limit=1&offset=0",
  "/api/v2/stats",
  "/api/v2/search?q=fish",
];

/** All other readable paths. */
const OPEN_PATHS = [
  "/",
  "/config",
  "/health",
  "/ready",
  "/nothing",
  "/history?room=hall",
  "/transport/status?room=hall",
  "/api/v2/messages?room=hall",
  "/api/v2/rooms/info?room=hall",
  "/api/v2/peers?room=hall",
  "/api/v2/search?q=fish&room=hall",
];

async function nodeWithARoom(adminToken: string | null = TOKEN) {
  const clock = new FakeClock();
  const store = new MemoryStore(() => clock.epochMs());
  await store.append({
    room: "secret-kitchen" as RoomName,
    id: "m1" as MessageId,
    peerId: "ann" as PeerId,
    name: "Ann",
    text: "fish in the secret-kitchen",
    sentAtUs: null,
  });
  const { parts, lagWatch } = await assemble({ ...DEFAULT_SETTINGS, adminToken }, { store, clock });
  const app = createApp(parts, lagWatch);
  return async (path: string, authorization?: string) =>
    await app.request(path, authorization === undefined ? {} : { headers: { authorization } });
}

Deno.test("what tells of all rooms is answered to the bearer of the admin token alone", async () => {
  const get = await nodeWithARoom();
  for (const path of ADMIN_PATHS) {
    const refused = await get(path);
    assert.equal(refused.status, 401, path);
    assert.equal(refused.headers.get("www-authenticate"), "Bearer");
    const { error } = await refused.json();
    assert.equal(error.code, "admin-only");
    assert.match(error.message, /Authorization: Bearer/);
    const answered = await get(path, `Bearer ${TOKEN}`);
    assert.equal(answered.status, 200, path);
    await answered.body?.cancel();
  }
});

Deno.test("no other token passes, nor any where the node has none", async () => {
  const get = await nodeWithARoom();
  const wrong = [
    "",
    "Bearer",
    "Bearer ",
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Basic ${TOKEN}`,
    TOKEN,
    "Bearer null",
    "Bearer undefined",
  ];
  for (const authorization of wrong) {
    assert.equal((await get("/api/v2/rooms", authorization)).status, 401, authorization);
  }
  const without = await nodeWithARoom(null);
  for (const authorization of [...wrong, `Bearer ${TOKEN}`]) {
    assert.equal((await without("/api/v2/rooms", authorization)).status, 401, authorization);
  }
});

Deno.test("a stranger who does not say a room's name is told nothing that contains one", async () => {
  const get = await nodeWithARoom();
  for (const path of [...ADMIN_PATHS, ...OPEN_PATHS]) {
    const response = await get(path);
    const told = JSON.stringify([...response.headers]) + await response.text();
    assert.doesNotMatch(told, /secret-kitchen|fish in/, path);
  }
});

Deno.test("whoever says a room's name reads what is in it, without a token", async () => {
  const get = await nodeWithARoom();
  for (const path of ["messages?", "rooms/info?", "peers?", "search?q=fish&"]) {
    const response = await get(`/api/v2/${path}room=secret-kitchen`);
    assert.equal(response.status, 200, path);
    assert.match(await response.text(), /Ann|secret-kitchen/, path);
  }
});

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a node makes its admin token once, for its user alone", () =>
  inFolder(async (folder) => {
    const dbPath = `${folder}/chat.db`;
    const token = await ownAdminToken(dbPath);
    assert.match(token, /^[A-Za-z0-9_-]{32}$/);
    assert.equal(await ownAdminToken(dbPath), token);
    assert.equal(adminTokenPath(dbPath), `${folder}/admin-token`);
    if (Deno.build.os === "windows") return;
    assert.equal((await Deno.stat(`${folder}/admin-token`)).mode! & 0o777, 0o600);
  }));

Deno.test("a token file that was never written is written, one that holds something else is an error", () =>
  inFolder(async (folder) => {
    const path = `${folder}/admin-token`;
    await Deno.writeTextFile(path, "");
    assert.match(await ownAdminToken(`${folder}/chat.db`), /^[A-Za-z0-9_-]{32}$/);
    await Deno.writeTextFile(path, "not a token\n");
    await assert.rejects(ownAdminToken(`${folder}/chat.db`), {
      code: "bad-request",
      message: /admin-token cannot be used .*: remove the file, .*--admin-token/,
    });
    await Deno.remove(path);
    await Deno.mkdir(path);
    await assert.rejects(ownAdminToken(`${folder}/chat.db`), { code: "bad-request" });
  }));
