/**
 * A program: a peer in a home. It makes sessions of `transport/` as a terminal does, with werift for
 * WebRTC. It takes commands on standard input and reports events on standard output; see
 * `peer_protocol.ts`. It ends when its standard input ends.
 */
import {
  type ChatMessage,
  createSession,
  HttpPollingTransport,
  memoryStore,
  NodeWebRtcTransport,
  type Session,
  type SessionEvent,
  systemClock,
  WebSocketTransport,
} from "../../../transport/mod.ts";
import type { RoomName } from "../../../transport/protocol/mod.ts";
import { weriftConnections } from "../../../transport/werift/werift.ts";
import { readLines } from "./lines.ts";
import type { PeerCommand, PeerEvent, PeerNews } from "./peer_protocol.ts";

const encoder = new TextEncoder();

/** One session, and the reports of its events. */
class LabPeer {
  readonly #name: string;
  readonly #session: Session;
  readonly #seen = new Set<string>();
  readonly #knownPaths = new Map<string, string>();
  #uplink = "";
  #flow: { timer: ReturnType<typeof setInterval>; count: number } | null = null;

  constructor({ session, nodeUrl, room, hello, strategy }: PeerCommand & { type: "join" }) {
    this.#name = session;
    this.#session = createSession({
      nodeUrl,
      room: room as RoomName,
      name: session,
      strategy,
      platform: {
        clock: systemClock,
        random: Math.random,
        uplinks: [
          new WebSocketTransport(tellingWebSocket((text) => this.#onSignal(text))),
          new HttpPollingTransport({ fetch, clock: systemClock }),
          new NodeWebRtcTransport(weriftConnections),
        ],
        createConnection: weriftConnections,
        tab: memoryStore(),
        device: memoryStore(),
      },
    });
    this.#session.subscribe((event) => this.#onEvent(event));
    this.#tell({ type: "joining" });
    this.#session.join();
    if (hello !== undefined) this.#session.send(hello);
  }

  send(text: string): void {
    this.#session.send(text);
  }

  flow(prefix: string, perSecond: number): void {
    if (this.#flow !== null) {
      clearInterval(this.#flow.timer);
      this.#tell({ type: "flowed", count: this.#flow.count });
      this.#flow = null;
    }
    if (perSecond === 0) return;
    const flow = {
      count: 0,
      timer: setInterval(() => {
        this.#session.send(`${prefix}${flow.count + 1}`);
        flow.count++;
      }, 1000 / perSecond),
    };
    this.#flow = flow;
  }

  show(): void {
    const { messages } = this.#session;
    this.#tell({
      type: "shown",
      texts: messages.map(({ text }) => text),
      unstored: messages.filter(({ timestamp }) => timestamp === null).length,
    });
  }

  leave(): void {
    this.flow("", 0);
    this.#session.leave();
  }

  #onEvent(event: SessionEvent): void {
    if (event.type === "uplink") this.#onUplink();
    else if (event.type === "message" && event.isNew) this.#onMessage(event.message);
    else if (event.type === "messages") this.#onMessages();
    else if (event.type === "peer_left") this.#tell({ type: "left", name: event.peer.name });
    else if (event.type === "error") console.error(this.#name, JSON.stringify(event.error));
    this.#onPaths();
  }

  #onMessage({ id, own, name, text }: ChatMessage): void {
    if (own) return;
    this.#seen.add(id);
    this.#tell({ type: "message", name, text });
  }

  /** Reports the messages that arrived as a page. They have no event of their own. */
  #onMessages(): void {
    for (const message of this.#session.messages) {
      if (!this.#seen.has(message.id)) this.#onMessage(message);
    }
  }

  #onSignal(text: string): void {
    if (SIGNALING.test(text)) this.#tell({ type: "signal", text });
  }

  #onUplink(): void {
    const { state, tier } = this.#session.uplink;
    if (this.#uplink === `${state} ${tier}`) return;
    this.#uplink = `${state} ${tier}`;
    this.#tell({ type: "uplink", state, tier });
  }

  #onPaths(): void {
    for (const { name, path: { tier, reason } } of this.#session.peers) {
      if (this.#knownPaths.get(name) === `${tier} ${reason}`) continue;
      this.#knownPaths.set(name, `${tier} ${reason}`);
      this.#tell({ type: "path", name, tier, reason });
    }
  }

  #tell(news: PeerNews): void {
    const atMs = performance.timeOrigin + performance.now();
    const event: PeerEvent = { session: this.#name, atMs, ...news };
    Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(event)}\n`));
  }
}

const SIGNALING = /"type":"(offer|answer|ice)"/;

/** Makes a WebSocket class that reports every text sent on it. */
function tellingWebSocket(tell: (text: string) => void): typeof WebSocket {
  return class extends WebSocket {
    override send(data: Parameters<WebSocket["send"]>[0]): void {
      if (typeof data === "string") tell(data);
      super.send(data);
    }
  };
}

const peers = new Map<string, LabPeer>();

function obey(command: PeerCommand): void {
  if (command.type === "join") {
    peers.set(command.session, new LabPeer(command));
    return;
  }
  const peer = peers.get(command.session);
  if (command.type === "send") peer?.send(command.text);
  else if (command.type === "flow") peer?.flow(command.prefix, command.perSecond);
  else if (command.type === "show") peer?.show();
  else {
    peer?.leave();
    peers.delete(command.session);
  }
}

console.error("ready");
await readLines(Deno.stdin.readable, (line) => obey(JSON.parse(line)));
Deno.exit(0);
