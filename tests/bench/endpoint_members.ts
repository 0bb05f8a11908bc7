/**
 * A program that runs members of rooms, as many as one process carries. Each member has one path to the
 * node and none to other members. Arguments: the node's URL, the tier of the path, the number of
 * members, the first member's number and the step to the next. It prints `ready` when all have joined.
 * Then it reads a number of seconds from a line, talks for that time, and prints the results as JSON.
 */
import {
  type ChatMessage,
  createSession,
  HttpPollingTransport,
  memoryStore,
  NodeWebRtcTransport,
  type Session,
  systemClock,
  WebSocketTransport,
} from "../../transport/mod.ts";
import type { RoomName } from "../../transport/protocol/mod.ts";
import { weriftConnections } from "../../transport/werift/werift.ts";
import { inParallel } from "../network/matrix/matrix.ts";
import { readLines } from "../network/peers/lines.ts";

const ROOM_SIZE = 10;
const INTERVAL_MS = 1_000;
/** Members that join at once. A handshake costs both sides some milliseconds of computing. */
const JOINING_AT_ONCE = 4;
/** A connection attempt without a DataChannel after this time is repeated. */
const RETRY_MS = 5_000;
/** Wait after the last message. Later deliveries do not count. */
const SETTLE_MS = 3_000;

const [nodeUrl = "", tier = "", count = "", first = "", step = ""] = Deno.args;

/** Latencies of messages from others, in milliseconds from `send` to the event. */
const latenciesMs: number[] = [];
let sent = 0;

function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

function uplinks() {
  if (tier === "websocket") return [new WebSocketTransport(WebSocket)];
  const polling = new HttpPollingTransport({ fetch, clock: systemClock });
  return [polling, new NodeWebRtcTransport(weriftConnections)];
}

async function join(number: number): Promise<Session> {
  const session = createSession({
    nodeUrl,
    room: `room-${Math.floor(number / ROOM_SIZE)}` as RoomName,
    name: `member-${number}`,
    platform: {
      clock: systemClock,
      random: Math.random,
      uplinks: uplinks(),
      createConnection: null,
      tab: memoryStore(),
      device: memoryStore(),
    },
  });
  const seen = new Set<string>();
  const note = ({ id, own, text }: ChatMessage) => {
    if (own || seen.has(id)) return;
    seen.add(id);
    latenciesMs.push(epochMs() - Number(text));
  };
  session.subscribe((event) => {
    if (event.type === "message") note(event.message);
    // Messages that arrive as a page have no event of their own.
    else if (event.type === "messages") session.messages.forEach(note);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  let isUp = false;
  session.subscribe(() => {
    const { state, tier: now } = session.uplink;
    if (state !== "online") return;
    if (now === tier) return resolve();
    // Tries for a better tier at once.
    if (!isUp) queueMicrotask(() => session.reconnect());
    isUp = true;
  });
  session.join();
  const retry = setInterval(() => session.reconnect(), RETRY_MS);
  await promise;
  clearInterval(retry);
  return session;
}

/** Lets each session send once a second. The sends are spread evenly. */
async function talk(sessions: readonly Session[], seconds: number): Promise<void> {
  const endsAtMs = performance.now() + seconds * 1_000;
  await Promise.all(sessions.map(async (session, i) => {
    await sleep(i * INTERVAL_MS / sessions.length);
    for (; performance.now() < endsAtMs; await sleep(INTERVAL_MS)) {
      session.send(`${epochMs()}`);
      sent++;
    }
  }));
  await sleep(SETTLE_MS);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const numbers = Array.from({ length: Number(count) }, (_, i) => Number(first) + i * Number(step));
const sessions = await inParallel(numbers.map((number) => () => join(number)), JOINING_AT_ONCE);
console.log("ready");
await readLines(Deno.stdin.readable, (line) => {
  void talk(sessions, Number(line)).then(() => {
    const tiers = sessions.filter((session) => session.uplink.tier === tier).length;
    console.log(JSON.stringify({ sent, latenciesMs, onTier: tiers }));
    Deno.exit(0);
  });
});
