/**
 * A node's WebRTC connections, in a thread of their own: werift does DTLS and SCTP in JavaScript, and
 * must not hold up the node's other frames. The entry of that Worker; the main thread imports the same
 * file for a moment's WebRTC of its own, as a second copy of werift would cost 1.7 MB.
 */
import type { EndpointEvent, EndpointRequest } from "./endpoint_messages.ts";
import type { PeerLink } from "./peer_link.ts";
import type { IceServer } from "./protocol.ts";
import { weriftLinks } from "./werift.ts";

export { weriftLinks, weriftPeerConnection } from "./werift.ts";

/** The globals of a dedicated worker that this uses. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<EndpointRequest>) => void) | null;
  postMessage(event: EndpointEvent): void;
}

/** Between looks at whether a full channel has room again; what is dropped comes back by cursor. */
const DRAIN_CHECK_MS = 200;
/** Sent once, to see whether there is room: an answer that every client takes. */
const PROBE = '{"type":"pong"}';

const scope = globalThis as unknown as WorkerScope;
const links = new Map<number, { readonly peer: PeerLink; isLagging: boolean }>();

function open(link: number, iceServers: readonly IceServer[]): PeerLink {
  const peer = weriftLinks({ isPolite: false, iceServers, isRelayOnly: false }, {
    onSignal: (signal) => scope.postMessage({ op: "signal", link, signal }),
    onOpen: (tier) => scope.postMessage({ op: "open", link, tier }),
    onFrame: (text) => scope.postMessage({ op: "frame", link, text }),
    onClose: (reason) => {
      links.delete(link);
      scope.postMessage({ op: "closed", link, reason });
    },
  });
  links.set(link, { peer, isLagging: false });
  return peer;
}

function send(link: number, text: string): void {
  const entry = links.get(link);
  if (entry === undefined || entry.isLagging || entry.peer.send(text)) return;
  entry.isLagging = true;
  scope.postMessage({ op: "lagging", link });
  const timer = setInterval(() => {
    const isGone = links.get(link) !== entry;
    if (!isGone && !entry.peer.send(PROBE)) return;
    clearInterval(timer);
    entry.isLagging = false;
    if (!isGone) scope.postMessage({ op: "drained", link });
  }, DRAIN_CHECK_MS);
}

scope.onmessage = ({ data }) => {
  switch (data.op) {
    case "signal": {
      const known = links.get(data.link)?.peer;
      if (known !== undefined) known.signal(data.signal);
      else if (data.signal.type === "offer") open(data.link, data.iceServers).signal(data.signal);
      return;
    }
    case "send":
      return send(data.link, data.text);
    case "close":
      links.get(data.link)?.peer.close();
      links.delete(data.link);
  }
};
