/** The checks against a real node in this process, with werift. */
import assert from "node:assert/strict";
import { diagnose } from "../../../transport/doctor/doctor.ts";
import type { Check } from "../../../transport/doctor/checks.ts";
import { type Clock, systemClock } from "../../../transport/transport.ts";
import { weriftConnections, weriftPeerConnection } from "../../../transport/werift/werift.ts";
import { doctorPlatform } from "../../../ui/terminal/doctor_main.ts";
import { outcomes, withNode } from "./doctor_node.ts";

/** werift's timers end only after `close`; nothing of ours is left. */
const options = { sanitizeOps: false, sanitizeResources: false };
const { signal } = new AbortController();
/**
 * Gives the checks and the node ten times as long. A machine that is busy with other tests is only slow;
 * the checks must not call its network blocked.
 */
const patientClock: Clock = {
  ...systemClock,
  after: (delayMs, run) => systemClock.after(10 * delayMs, run),
};
const platform = {
  ...doctorPlatform({ weriftConnections, weriftPeerConnection }),
  clock: patientClock,
};

Deno.test(
  "doctor finds everything open on this machine, and says it in order",
  options,
  async () => {
    await withNode({ stunPort: 0 }, async (nodeUrl) => {
      const told: Check[] = [];
      const checks = await diagnose(platform, (check) => told.push(check), { nodeUrl, signal });
      assert.deepEqual(told, checks);
      assert.deepEqual(outcomes(checks), {
        "node": "ok",
        "websocket": "ok",
        "polling": "ok",
        "udp": "ok",
        "mapping": "ok",
        "filtering": "ok",
        "turn-udp": "unknown",
        "turn-tcp": "unknown",
        "turn-tls": "unknown",
        "datachannel": "ok",
        "message-size": "ok",
      });
      assert.match(checks.find(({ id }) => id === "udp")!.detail, /this computer's own address/);
      assert.match(checks.at(-1)!.detail, /^256 KiB, to the node$/);
    }, patientClock);
  },
);

Deno.test(
  "doctor asks each TURN server by itself, and names those that give no relay",
  options,
  async () => {
    // A port where nothing listens: TCP is refused at once.
    const turnUrls = ["turn:127.0.0.1:9?transport=tcp"];
    const login = { turnUsername: "u", turnCredential: "c" };
    await withNode({ turnUrls, ...login }, async (nodeUrl) => {
      const checks = await diagnose(platform, () => {}, { nodeUrl, signal });
      const tcp = checks.find(({ id }) => id === "turn-tcp")!;
      assert.equal(tcp.outcome, "blocked");
      assert.match(tcp.detail, /No relay from turn:127\.0\.0\.1:9\?transport=tcp/);
      assert.equal(checks.find(({ id }) => id === "turn-udp")!.outcome, "unknown");
    });
  },
);

Deno.test(
  "doctor says when it is the certificate that a TURN server is not trusted for",
  options,
  async () => {
    const turnUrls = ["turns:127.0.0.1:9"];
    const distrustful = { ...platform, certificateProblem: () => Promise.resolve("Expired") };
    await withNode({ turnUrls, turnUsername: "u", turnCredential: "c" }, async (nodeUrl) => {
      const checks = await diagnose(distrustful, () => {}, { nodeUrl, signal });
      const { outcome, detail, help } = checks.find(({ id }) => id === "turn-tls")!;
      assert.equal(outcome, "blocked");
      assert.match(detail, /^No relay from turns:127\.0\.0\.1:9: .* not trusted here \(Expired\)$/);
      assert.match(help!, /certificate for its name/);
    });
  },
);
