/**
 * Runs in Chromium, at the node's origin: pairs of peers whose offers cross. Both ends of a pair live in
 * this page and offer in the same turn. Frames that arrive meanwhile wait until the end's own offer is
 * out, as on a slower network. The signaling goes through the node, and the direct path is real WebRTC.
 */
import { Mesh } from "../../transport/mesh/mesh.ts";
import {
  createSession,
  memoryStore,
  type Session,
  systemClock,
  webrtcConnections,
  WebSocketTransport,
} from "../../transport/mod.ts";
import {
  encodeFrame,
  type MemberFrame,
  parsePeerFrame,
  type PeerFrame,
  type PeerId,
  type PeerInfo,
  type RoomName,
} from "../../transport/protocol/mod.ts";
import type { Path } from "../../transport/transport.ts";
import { randomHex } from "../../transport/random_ids.ts";

/** A working connection takes a fifth of a second. The mesh itself gives up on a connection after 15 s. */
const PATIENCE_MS = 12_000;
/** When its first connection fails, a session tries again 30 s after it began. */
const MEET_PATIENCE_MS = 60_000;

/** The record of a pair. */
export interface Crossing {
  /** Signals of each side in order, as `sent offer`, `got offer`, … */
  readonly signals: readonly (readonly string[])[];
  /** Whether both had sent an offer before they got the other's. */
  readonly isCrossed: boolean;
}

/** One end of a pair: a member of the room with a mesh, but without the rest of a session. */
class End {
  readonly signals: string[] = [];
  readonly received: string[] = [];
  isOpen = false;
  other: PeerInfo | null = null;
  readonly #id: PeerId;
  readonly #instance = randomHex(8);
  readonly #mesh: Mesh;
  readonly #joining = new AbortController();
  #path: Path | null = null;
  /** Frames that arrived while the end's own offer was being made. */
  #waiting: PeerFrame[] | null = null;
  #onChange: () => void = () => {};

  constructor(id: string) {
    this.#id = id as PeerId;
    this.#mesh = new Mesh(this.#id, {
      clock: systemClock,
      random: Math.random,
      createConnection: webrtcConnections(RTCPeerConnection),
      policy: () => "all",
      isDirectOnly: () => false,
      isAbsent: () => false,
      instance: this.#instance,
      handlers: {
        sendSignal: (frame) => this.#send(frame),
        onFrame: (_, text) => this.#onDirect(text),
        onChange: (_, change) => {
          if (change === "opened") this.isOpen = true;
          if (change === "closed") this.isOpen = false;
          this.#onChange();
        },
      },
    });
  }

  async join(room: string): Promise<void> {
    const target = {
      nodeUrl: location.origin,
      room: room as RoomName,
      peerId: this.#id,
      name: this.#id,
      token: randomHex(16),
      instance: this.#instance,
    };
    this.#path = await new WebSocketTransport(WebSocket).dial(target, {
      onFrame: (text) => this.#onFrame(parsePeerFrame(text)),
      onClose: ({ reason }) => this.signals.push(`lost the node: ${reason}`),
    }, { signal: this.#joining.signal });
    await this.until(() => this.other !== null);
  }

  /** Sends an offer, like a peer that joins a room where the other peer is. */
  offer(): void {
    this.#waiting = [];
    this.#mesh.welcome(this.#id, [this.other!], []);
  }

  /** Sends an offer that restarts ICE, like a peer whose network changed. */
  restart(): void {
    this.#waiting = [];
    this.#mesh.networkChanged();
  }

  say(text: string): void {
    const payload = { t: 0, text };
    this.#mesh.send(this.other!.peer_id, encodeFrame({ type: "relay", payload } as MemberFrame));
  }

  /** Resolves when `condition` holds. It is checked after every event of this end. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Error(`${condition} never held: ${this.signals.join(", ")}`));
      const timer = setTimeout(fail, PATIENCE_MS);
      const before = this.#onChange;
      this.#onChange = () => {
        before();
        if (!condition()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onChange();
    });
  }

  close(): void {
    this.#mesh.close();
    this.#path?.close();
  }

  #send(frame: MemberFrame): void {
    if (frame.type !== "ice") this.signals.push(`sent ${frame.type}`);
    this.#path?.send(encodeFrame(frame));
    if (frame.type === "offer" && this.#waiting !== null) queueMicrotask(() => this.#release());
    this.#onChange();
  }

  #release(): void {
    const frames = this.#waiting ?? [];
    this.#waiting = null;
    for (const frame of frames) this.#onFrame(frame);
  }

  #onFrame(frame: PeerFrame | null): void {
    if (frame !== null && this.#waiting !== null) return void this.#waiting.push(frame);
    if (frame?.type === "welcome") this.other ??= frame.payload.peers[0] ?? null;
    else if (frame?.type === "peer_joined") this.other ??= frame.payload ?? null;
    else if (frame?.type === "offer" || frame?.type === "answer" || frame?.type === "ice") {
      if (frame.type !== "ice") this.signals.push(`got ${frame.type}`);
      this.#mesh.onSignal(frame);
    } else if (frame?.type === "ping") this.#send({ type: "pong", payload: frame.payload });
    this.#onChange();
  }

  #onDirect(text: string): void {
    const frame = JSON.parse(text);
    if (frame.type === "ping" || frame.type === "pong") {
      this.#mesh.onPing(this.other!.peer_id, frame);
    } else this.received.push(frame.payload.text);
    this.#onChange();
  }
}

/**
 * Lets a pair join `room`, offer at once, and send a message both ways. Then repeats this `restarts`
 * times with restarted connections.
 */
async function cross(room: string, restarts: number): Promise<Crossing> {
  const ends = [new End("a"), new End("b")] as const;
  const [a, b] = Math.random() < 0.5 ? ends : [ends[1], ends[0]];
  await Promise.all([a.join(room), b.join(room)]);
  const isCrossed: boolean[] = [];
  for (let round = 0; round <= restarts; round++) {
    const known = ends.map((end) => end.signals.length);
    const fresh = (index: 0 | 1) => ends[index].signals.slice(known[index]);
    for (const end of [a, b]) round === 0 ? end.offer() : end.restart();
    // Both get the other's offer. The polite peer answers, and the other peer gets the answer.
    const isAgreed = (index: 0 | 1) =>
      ends[index].isOpen && fresh(index).includes("got offer") &&
      fresh(index).some((signal) => signal.endsWith("answer"));
    await Promise.all(([0, 1] as const).map((index) => ends[index].until(() => isAgreed(index))));
    isCrossed.push(fresh(0)[0] === "sent offer", fresh(1)[0] === "sent offer");
    a.say(`a${round}`);
    b.say(`b${round}`);
    await a.until(() => a.received.includes(`b${round}`));
    await b.until(() => b.received.includes(`a${round}`));
  }
  for (const end of ends) end.close();
  return { signals: ends.map(({ signals }) => signals), isCrossed: isCrossed.every(Boolean) };
}

/** Lets two whole sessions join `room` in the same turn, and waits until both are direct. */
async function meet(room: string): Promise<void> {
  const sessions = ["Ann", "Ben"].map((name) =>
    createSession({
      nodeUrl: location.origin,
      room: room as RoomName,
      name,
      platform: {
        clock: systemClock,
        random: Math.random,
        uplinks: [new WebSocketTransport(WebSocket)],
        createConnection: webrtcConnections(RTCPeerConnection),
        tab: memoryStore(),
        device: memoryStore(),
      },
    })
  );
  for (const session of sessions) session.join();
  await Promise.all(sessions.map(untilDirect));
  for (const session of sessions) session.leave();
}

function untilDirect(session: Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`Never direct: ${JSON.stringify(session.peers)}`));
    const timer = setTimeout(fail, MEET_PATIENCE_MS);
    const look = () => {
      if (session.peers[0]?.path.tier !== "webrtc-stun") return;
      clearTimeout(timer);
      resolve();
    };
    session.subscribe(look);
    look();
  });
}

declare global {
  var glare: { cross: typeof cross; meet: typeof meet };
}

globalThis.glare = { cross, meet };
