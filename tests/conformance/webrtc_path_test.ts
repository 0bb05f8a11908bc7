/** The WebRTC tiers: two real RTCPeerConnections in this process, werift with werift. */
import { weriftConnections } from "../../transport/werift/werift.ts";
import { LocalEnd, testConnections } from "./connection_pair.ts";

testConnections({
  name: "webrtc",
  near: (options) => new LocalEnd(weriftConnections, options),
  far: (options) => new LocalEnd(weriftConnections, options),
});
