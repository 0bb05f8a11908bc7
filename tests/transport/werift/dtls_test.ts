/** No two DTLS records have the same number. AES-GCM depends on the key and the record number alone. */
import assert from "node:assert/strict";
import { LocalEnd } from "../../conformance/connection_pair.ts";
import { until } from "../../fakes/until.ts";
import { webrtcConnections } from "../../../transport/mesh/webrtc.ts";
import { weriftPeerConnection } from "../../../transport/werift/werift.ts";
import { recording, type Records } from "./dtls_records.ts";

function end(isPolite: boolean): { connection: LocalEnd; records: Records } {
  const records: Records = { byNumber: new Map(), repeated: [] };
  const connections = webrtcConnections(recording(weriftPeerConnection, records), {
    canRestart: false,
  });
  return { connection: new LocalEnd(connections, { isPolite }), records };
}

Deno.test({
  name: "werift gives no two records of DTLS one number, whichever side it has",
  // werift's timers end only after `close`; nothing of ours is left.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const ends = [end(false), end(true)] as const;
    const [{ connection: near }, { connection: far }] = ends;
    near.carry = (signal) => far.signal(signal);
    far.carry = (signal) => near.signal(signal);
    near.offer();
    await until(() => near.hasOpened && far.hasOpened, "both ends open");
    for (let n = 0; n < 20; n++) {
      near.send("from near");
      far.send("from far");
      await until(() => near.inbox.frames.length > n && far.inbox.frames.length > n);
    }
    near.close();
    far.close();
    for (const { records: { byNumber: { size }, repeated } } of ends) {
      assert.ok(size > 20, `${size} records were seen`);
      assert.deepEqual(repeated, []);
    }
  },
});
