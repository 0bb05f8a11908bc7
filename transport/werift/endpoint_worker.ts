/**
 * A node's WebRTC connections, in their own thread: werift does DTLS and SCTP in JavaScript, and must not
 * delay the node's other frames. This file is the entry of that Worker. The main thread imports the same file
 * for its own brief uses of WebRTC, because a second copy of werift would cost 1.7 MB.
 */
import type { EndpointEvent, EndpointRequest } from "./endpoint_messages.ts";
import type { DirectConnection } from "../mesh/direct_connection.ts";
import { SendAllowance, UnansweredRate } from "./send_allowance.ts";
import { systemClock } from "../transport.ts";
import { weriftConnectionsWithin } from "./werift.ts";

export { weriftConnections, weriftPeerConnection } from "./werift.ts";

/** The globals of a dedicated worker that this file uses. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<readonly EndpointRequest[]>) => void) | null;
  postMessage(event: EndpointEvent): void;
}

type Signal = Extract<EndpointRequest, { op: "signal" }>;

interface Entry {
  readonly peer: DirectConnection;
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
const connections = new Map<number, Entry>();
const unanswered = new UnansweredRate(systemClock);

function open({ connection, from, iceServers }: Signal): Entry {
  const allowance = new SendAllowance(() => unanswered.take(from));
  const peer = weriftConnectionsWithin(allowance)({
    isPolite: false,
    iceServers,
    isRelayOnly: false,
  }, {
    onSignal: (signal) => scope.postMessage({ op: "signal", connection, signal }),
    onOpen: (tier) => scope.postMessage({ op: "open", connection, tier }),
    onFrame: (text) => scope.postMessage({ op: "frame", connection, text }),
    onClose: (reason) => {
      forget(connection);
      scope.postMessage({ op: "closed", connection, reason });
    },
  });
  const entry = { peer, allowance, isLagging: false, waiting: [], timer: undefined };
  connections.set(connection, entry);
  return entry;
}

function forget(connection: number): void {
  clearTimeout(connections.get(connection)?.timer);
  connections.delete(connection);
}

function send(connection: number, text: string, canWait: boolean): void {
  const entry = connections.get(connection);
  if (entry === undefined || entry.isLagging) return;
  entry.waiting.push(text);
  if (!canWait || entry.waiting.length > MAX_WAITING) flush(connection, entry);
  else entry.timer ??= setTimeout(() => flush(connection, entry), WAIT_MS);
}

function flush(connection: number, entry: Entry): void {
  clearTimeout(entry.timer);
  entry.timer = undefined;
  const { peer, waiting } = entry;
  entry.waiting = [];
  if (!waiting.every((text) => peer.send(text))) lag(connection, entry);
}

/** Drops frames until there is room again, and tells the node. */
function lag(connection: number, entry: Entry): void {
  entry.isLagging = true;
  scope.postMessage({ op: "lagging", connection });
  const timer = setInterval(() => {
    const isGone = connections.get(connection) !== entry;
    if (!isGone && !entry.peer.send(PROBE)) return;
    clearInterval(timer);
    entry.isLagging = false;
    if (!isGone) scope.postMessage({ op: "drained", connection });
  }, DRAIN_CHECK_MS);
}

function take(request: EndpointRequest): void {
  const { op, connection } = request;
  const known = connections.get(connection);
  switch (op) {
    case "signal": {
      const { signal, receivedBytes } = request;
      if (known === undefined && signal.type !== "offer") return;
      const { peer, allowance } = known ?? open(request);
      allowance.signaled(receivedBytes);
      return peer.signal(signal);
    }
    case "send":
      return send(connection, request.text, request.canWait);
    case "close":
      if (known === undefined) return;
      flush(connection, known);
      forget(connection);
      setTimeout(() => known.peer.close(), LINGER_MS);
  }
}

scope.onmessage = ({ data }) => {
  for (const request of data) take(request);
  scope.postMessage({ op: "taken" });
};
