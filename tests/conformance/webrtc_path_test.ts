/** The WebRTC tiers: two real RTCPeerConnections in this process, werift with werift. */
import { weriftLinks } from "../../transport/werift/werift.ts";
import { LocalEnd, testLinks } from "./link_pair.ts";

testLinks({
  name: "webrtc",
  near: (options) => new LocalEnd(weriftLinks, options),
  far: (options) => new LocalEnd(weriftLinks, options),
});
