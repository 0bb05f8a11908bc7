/**
 * werift as the `RTCPeerConnection` of Deno. The one file that knows werift; only a composition root
 * and tests import it, and it is loaded only when a WebRTC peer is wanted.
 */
import { RTCPeerConnection as WeriftPeerConnection } from "werift";
import { webrtcLinks } from "./webrtc.ts";

/** What browsers announce, and what `LIMITS.frameChars` needs; werift's own default is 64 KiB. */
const MAX_MESSAGE_BYTES = 256 * 1024;

/** werift's class, behaving as a browser's where `webrtc.ts` can tell the difference. */
class PeerConnection extends WeriftPeerConnection {
  constructor(configuration: RTCConfiguration = {}) {
    super({
      iceServers: (configuration.iceServers ?? []).flatMap(({ urls, ...server }) =>
        [urls].flat().map((url) => ({ urls: url, ...server }))
      ),
      maxMessageSize: MAX_MESSAGE_BYTES,
      iceTransportPolicy: configuration.iceTransportPolicy ?? "all",
    });
  }
}

/** To hand to other code that takes a browser's. */
export const weriftPeerConnection = PeerConnection as unknown as typeof RTCPeerConnection;

/** Links made of werift. Its ICE restart leaves a link that looks open and carries nothing. */
export const weriftLinks = webrtcLinks(weriftPeerConnection, { canRestart: false });
