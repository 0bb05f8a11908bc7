/** The defect of werift's DTLS that `transport/werift/dtls.ts` mends. */
import assert from "node:assert/strict";
import type { RTCPeerConnection as WeriftPeerConnection } from "werift";
import { recording, type Records } from "./dtls_records.ts";
import { defectTest, plainWerift } from "./plain_werift.ts";
import { withEnds } from "./sctp_pair.ts";

defectTest({
  defect: "gives two records of DTLS one number, whichever side it has",
  mend: "mendDtls (dtls.ts)",
}, async () => {
  const ends: Records[] = [];
  const Plain = plainWerift().constructor as typeof RTCPeerConnection;
  const connect = () => {
    const records: Records = { byNumber: new Map(), repeated: [] };
    ends.push(records);
    const Recording = recording(Plain, records);
    return new Recording({ iceServers: [] }) as unknown as WeriftPeerConnection;
  };
  await withEnds(connect, async (near, far) => {
    // Finished has a number that some ten records later comes again.
    for (let n = 1; n <= 20; n++) {
      near.channel.send("from near");
      far.channel.send("from far");
      await Promise.all([near.has(n), far.has(n)]);
    }
  });
  assert.equal(ends.length, 2);
  for (const { repeated } of ends) assert.notDeepEqual(repeated, []);
});
