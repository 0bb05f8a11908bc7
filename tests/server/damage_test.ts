/** A node's answers for a room whose part of the database is damaged. */
import assert from "node:assert/strict";
import { createApp } from "../../server/http/app.ts";
import { Intake } from "../../server/members/intake.ts";
import { createLog } from "../../server/log.ts";
import { assemble } from "../../server/node.ts";
import { DEFAULT_SETTINGS } from "../../server/settings/settings.ts";
import { joinQuery } from "../../transport/protocol/mod.ts";
import { ADMIN_TOKEN } from "../fakes/admin.ts";
import { makeDamaged, MESSAGES } from "../storage/damage.ts";
import { openStore, withTempPath } from "../storage/temp_store.ts";
import { FakeConnection } from "./rooms/room_world.ts";

const env = { remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 } as const };

Deno.test("a damaged room is told over REST and in frames, the others go on, the log says it once", () =>
  withTempPath(async (path) => {
    await makeDamaged(path);
    const lines: string[] = [];
    const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line) });
    const store = await openStore(path);
    try {
      const settings = { ...DEFAULT_SETTINGS, adminToken: ADMIN_TOKEN };
      const { parts, lagWatch } = await assemble(settings, { store, log });
      const app = createApp(parts, lagWatch);
      const ask = (pathname: string) => app.request(pathname, {}, env);
      const readable = await (await ask("/history?room=damaged")).json();
      const after = `/history?room=damaged&since=${readable.at(-1).timestamp}`;
      for (const asked of [after, "/api/v2/messages?room=damaged&limit=100"]) {
        const response = await ask(asked);
        const { error } = await response.json();
        assert.deepEqual([response.status, error.code], [500, "database-damaged"]);
        assert.match(error.message, /^Room "damaged" cannot be read/);
      }
      const whole = await ask("/history?room=whole-1");
      assert.equal((await whole.json()).length, MESSAGES);
      const connection = new FakeConnection();
      const query = joinQuery.parse({ room: "damaged", peer_id: "ann", protocol: "1" });
      const joined = parts.rooms.join(query, connection);
      const intake = new Intake({ parts, ...joined, address: "192.0.2.1" });
      connection.take();
      for (let request = 0; request < 10; request++) {
        intake.takeText(JSON.stringify({ type: "history", payload: { request, since: 0 } }));
        const [answer] = connection.take();
        assert.deepEqual([answer?.type, answer?.payload.code], ["error", "database-damaged"]);
      }
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.match(lines[0]!, /e-goat check/);
      parts.rooms.close();
      parts.largeAnswers.close();
    } finally {
      await store.close();
    }
  }));
