/** The mesh over real RTCPeerConnections: werift with werift, in one process, on this machine. */
import assert from "node:assert/strict";
import { chatFrame, meshPair } from "../../fakes/connections.ts";
import { until } from "../../fakes/until.ts";
import { systemClock } from "../../../transport/transport.ts";
import { weriftConnections } from "../../../transport/werift/werift.ts";

/** werift's retransmission timers end only after `close`; nothing of ours is left. */
const options = { sanitizeOps: false, sanitizeResources: false };

function pair() {
  return meshPair({ clock: systemClock, createConnection: weriftConnections });
}

Deno.test(
  "WebRTC connects a newcomer with who was there, and carries the largest frame",
  options,
  async () => {
    const { a, b, close } = pair();
    a.mesh.add(b.info);
    b.mesh.welcome(b.info.peer_id, [a.info], []);
    await until(() => a.opened.length > 0 && b.opened.length > 0);
    const text = "é".repeat(30_000);
    a.mesh.send(b.info.peer_id, chatFrame(a.info, text));
    await until(() => b.frames.length === 1);
    const [frame] = b.frames;
    assert.equal(frame?.type === "chat" && frame.payload.text, text);
    await until(() => a.mesh.path(b.info.peer_id)?.rttMs != null);
    assert.equal(a.mesh.path(b.info.peer_id)?.tier, "webrtc-stun");
    close();
  },
);

Deno.test("WebRTC connects two that offer at the same moment", options, async () => {
  const { a, b, close } = pair();
  a.mesh.welcome(a.info.peer_id, [b.info], []);
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  await until(() => a.opened.length > 0 && b.opened.length > 0);
  close();
});

Deno.test("WebRTC connects again when the other side's page was loaded anew", options, async () => {
  const { a, b, close } = pair();
  a.mesh.add(b.info);
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  await until(() => a.opened.length === 1 && b.opened.length === 1);
  b.mesh.remove(a.info.peer_id);
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  await until(() => b.opened.length === 2 && a.mesh.path(b.info.peer_id) !== null);
  close();
});
