/** Repeated failures are in the log once a second, by whichever way they came. */
import assert from "node:assert/strict";
import { createApp } from "../../server/http/app.ts";
import { FailureLog } from "../../server/failure_log.ts";
import { createLog } from "../../server/log.ts";
import { assemble } from "../../server/node.ts";
import { DEFAULT_SETTINGS } from "../../server/settings/settings.ts";
import { UserError } from "../../transport/errors.ts";
import { ADMIN_TOKEN } from "../fakes/admin.ts";
import { FakeClock } from "../fakes/clock.ts";
import { MemoryStore } from "../fakes/memory_store.ts";

const env = { remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 } as const };

function logTo(lines: string[]) {
  return createLog({ level: "debug", format: "text", write: (line) => lines.push(line) });
}

Deno.test("a full disk is one line a second, however many requests it fails", async () => {
  const lines: string[] = [];
  const clock = new FakeClock();
  const store = new MemoryStore(() => clock.epochMs());
  const settings = { ...DEFAULT_SETTINGS, adminToken: ADMIN_TOKEN, rateLimit: 0 };
  const { parts, lagWatch } = await assemble(settings, { store, clock, log: logTo(lines) });
  const app = createApp(parts, lagWatch);
  store.failWith(new UserError("store-failed", "Cannot store the message: the disk is full"));
  const send = async () => {
    const body = JSON.stringify({ room: "kitchen", peer_id: "ann", text: "hi" });
    assert.equal((await app.request("/send", { method: "POST", body }, env)).status, 503);
  };
  for (let second = 1; second <= 3; second++) {
    for (let index = 0; index < 50; index++) await send();
    assert.equal((await app.request("/ready", {}, env)).status, 503);
    assert.equal(lines.length, second, lines.join("\n"));
    await clock.advance(1000);
  }
  assert.match(lines[0]!, /Cannot store the message: the disk is full$/);
  assert.match(lines[1]!, /unsaid=50$/);
});

Deno.test("what nobody expected is said beside what was, and a room's name never", () => {
  const lines: string[] = [];
  const failures = new FailureLog({ log: logTo(lines), clock: new FakeClock() });
  failures.say("A frame", new UserError("database-damaged", 'Room "kitchen" cannot be read'));
  failures.say("A frame could not be handled", new TypeError("a bug"));
  failures.say("A frame could not be handled", new TypeError("another"));
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, /The database is damaged.*e-goat check/);
  assert.doesNotMatch(lines[0]!, /kitchen/);
  assert.match(lines[1]!, /A frame could not be handled \n +TypeError: a bug/);
});
