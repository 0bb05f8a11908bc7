/**
 * A node's WebRTC connections, in their own thread: werift does DTLS and SCTP in JavaScript, and must not
 * delay the node's other frames. This file is the entry of that Worker. The main thread imports the same file
 * for its own brief uses of WebRTC, because a second copy of werift would cost 1.7 MB.
 */
import type { EndpointEvent, EndpointRequest } from "./endpoint_messages.ts";
import type { PeerLink } from "../mesh/peer_link.ts";
import { SendAllowance, UnansweredRate } from "./send_allowance.ts";
import { systemClock } from "../transport.ts";
import { weriftLinksWithin } from "./werift.ts";

export { weriftLinks, weriftPeerConnection } from "./werift.ts";

/** The globals of a dedicated worker that this file uses. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<readonly EndpointRequest[]>) => void) | null;
  postMessage(event: EndpointEvent): void;
}

type Signal = Extract<EndpointRequest, { op: "signal" }>;

interface Entry {
  readonly peer: PeerLink;
  readonly allowance: SendAllowance;
  isLagging: boolean;
  /** Frames that can wait for a more urgent one, and the timer that sends them. */
  waiting: string[];
  timer: number | undefined;
}

/** Interval of checks whether a full channel has room again. Members fetch the dropped frames by cursor. */
const DRAIN_CHECK_MS = 200;
/** Sent to see whether there is room: an answer that every client takes. */
const PROBE = '{"type":"pong"}';
/** A frame that can wait this long shares a packet with the frames that come meanwhile. */
const WAIT_MS = 200;
/** Most frames that wait. */
const MAX_WAITING = 64;

/** Delay before a connection is closed, so that the last frames get out. */
const LINGER_MS = 100;

const scope = globalThis as unknown as WorkerScope;
const links = new Map<number, Entry>();
const unanswered = new UnansweredRate(systemClock);

function open({ link, from, iceServers }: Signal): Entry {
  const allowance = new SendAllowance(() => unanswered.take(from));
  const peer = weriftLinksWithin(allowance)({ isPolite: false, iceServers, isRelayOnly: false }, {
    onSignal: (signal) => scope.postMessage({ op: "signal", link, signal }),
    onOpen: (tier) => scope.postMessage({ op: "open", link, tier }),
    onFrame: (text) => scope.postMessage({ op: "frame", link, text }),
    onClose: (reason) => {
      forget(link);
      scope.postMessage({ op: "closed", link, reason });
    },
  });
  const entry = { peer, allowance, isLagging: false, waiting: [], timer: undefined };
  links.set(link, entry);
  return entry;
}

function forget(link: number): void {
  clearTimeout(links.get(link)?.timer);
  links.delete(link);
}

function send(link: number, text: string, canWait: boolean): void {
  const entry = links.get(link);
  if (entry === undefined || entry.isLagging) return;
  entry.waiting.push(text);
  if (!canWait || entry.waiting.length > MAX_WAITING) flush(link, entry);
  else entry.timer ??= setTimeout(() => flush(link, entry), WAIT_MS);
}

function flush(link: number, entry: Entry): void {
  clearTimeout(entry.timer);
  entry.timer = undefined;
  const { peer, waiting } = entry;
  entry.waiting = [];
  if (!waiting.every((text) => peer.send(text))) lag(link, entry);
}

/** Drops frames until there is room again, and tells the node. */
function lag(link: number, entry: Entry): void {
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

function take(request: EndpointRequest): void {
  const { op, link } = request;
  const known = links.get(link);
  switch (op) {
    case "signal": {
      const { signal, receivedBytes } = request;
      if (known === undefined && signal.type !== "offer") return;
      const { peer, allowance } = known ?? open(request);
      allowance.signaled(receivedBytes);
      return peer.signal(signal);
    }
    case "send":
      return send(link, request.text, request.canWait);
    case "close":
      if (known === undefined) return;
      flush(link, known);
      forget(link);
      setTimeout(() => known.peer.close(), LINGER_MS);
  }
}

scope.onmessage = ({ data }) => {
  for (const request of data) take(request);
  scope.postMessage({ op: "taken" });
};
