/** The checks against a real node in this process, without WebRTC; and without any node. */
import assert from "node:assert/strict";
import { diagnose } from "../../../transport/doctor/doctor.ts";
import { canChat, type Check } from "../../../transport/doctor/checks.ts";
import { doctorPlatform } from "../../../ui/terminal/doctor_main.ts";
import { outcomes, withNode } from "./doctor_node.ts";

const { signal } = new AbortController();
const withoutWebRtc = doctorPlatform(null);

Deno.test("doctor says that a chat works where only polling does", async () => {
  const websocket = { tier: "websocket", dial: () => Promise.reject(new Error("cut")) } as const;
  await withNode({}, async (nodeUrl) => {
    const blocked = { ...withoutWebRtc, websocket };
    const checks = await diagnose(blocked, () => {}, { nodeUrl, signal });
    assert.deepEqual(
      [outcomes(checks)["websocket"], outcomes(checks)["polling"], canChat(checks)],
      ["blocked", "ok", true],
    );
    assert.match(checks.find(({ id }) => id === "websocket")!.help!, /Polling takes over/);
  });
});

Deno.test("doctor says that nothing works where no node is, and what would help", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr as Deno.NetAddr;
  closed.close();
  const nodeUrl = `http://127.0.0.1:${port}`;
  const checks = await diagnose(withoutWebRtc, () => {}, { nodeUrl, signal });
  assert.equal(canChat(checks), false);
  for (const { id, outcome, help } of checks.slice(0, 3)) {
    assert.deepEqual([id, outcome, help !== null], [id, "blocked", true]);
  }
});

Deno.test("doctor stops when it is told to, and tells no more", async () => {
  const stopped = new AbortController();
  const told: Check[] = [];
  await withNode({}, async (nodeUrl) => {
    const running = diagnose(withoutWebRtc, (check) => {
      told.push(check);
      stopped.abort();
    }, { nodeUrl, signal: stopped.signal });
    await assert.rejects(running, { name: "AbortError" });
  });
  assert.equal(told.length, 1);
});
