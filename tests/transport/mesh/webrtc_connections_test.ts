/** Links where no RTCPeerConnection can be made. */
import assert from "node:assert/strict";
import { webrtcConnections } from "../../../transport/mesh/webrtc.ts";

Deno.test("a connection that the browser refuses to make is a try that came to nothing", async () => {
  const Refused = class {
    constructor() {
      throw new Error("Cannot create so many PeerConnections");
    }
  } as unknown as typeof RTCPeerConnection;
  const closed: string[] = [];
  const open = () =>
    webrtcConnections(Refused)({ isPolite: true, iceServers: [], isRelayOnly: false }, {
      onSignal() {},
      onOpen() {},
      onFrame() {},
      onClose: (reason) => closed.push(reason),
    });
  const [connection, given] = [open(), open()];
  connection.offer();
  given.close();
  assert.deepEqual([connection.isOpen, connection.send("x"), closed], [false, false, []]);
  await Promise.resolve();
  assert.deepEqual(closed, ["Cannot create so many PeerConnections"]);
});
