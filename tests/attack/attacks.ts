/**
 * Attacks that one laptop can make on a node on the open internet, each bounded in time and count. An
 * attack reopens every connection that the node ends, until the attack is stopped.
 */
import { frameOf, OPCODE } from "../../server/connections/websocket_frames.ts";
import { AttackConnection } from "./connection.ts";

/** The target of an attack, and its source addresses. */
export interface Aim {
  readonly nodeUrl: string;
  readonly stunPort: number;
  /**
   * Addresses of this machine, each of which opens its share of the connections. If empty, any address.
   */
  readonly from: readonly string[];
}

export interface Attack {
  readonly name: string;
  /** Resolves when `signal` is aborted and all opened connections are closed. */
  run(aim: Aim, signal: AbortSignal): Promise<void>;
}

const encoder = new TextEncoder();

/** Pause before a connection is opened again after it failed or ended. */
const AGAIN_MS = 50;

/** Keeps `count` connections busy with `hold`. Each is opened again when it ends. */
function flood(
  count: number,
  hold: (connection: AttackConnection, signal: AbortSignal) => Promise<void>,
): Attack["run"] {
  return async ({ nodeUrl, from }, signal) => {
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const one = async (address: string | undefined) => {
      while (!signal.aborted) {
        const connection = await AttackConnection.open(nodeUrl, address);
        const held = connection === null ? null : hold(connection, signal).catch(() => {});
        await Promise.race([held, stopped]);
        connection?.close();
        // `hold` ends too: its reads and writes fail once the connection is closed.
        await held;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    };
    await Promise.all(Array.from({ length: count }, (_, n) => one(from[n % from.length])));
  };
}

const send = (connection: AttackConnection, bytes: Uint8Array) => connection.write(bytes);

const text = (connection: AttackConnection, lines: string) =>
  send(connection, encoder.encode(lines));

/** Resolves when the node ends the connection. */
async function untilEnd(connection: AttackConnection): Promise<void> {
  while (await connection.read() !== null);
}

const POST = "POST /send HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

async function upgrade(connection: AttackConnection, query: string): Promise<void> {
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  await text(
    connection,
    `GET /signal?${query} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n` +
      `upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
  );
  await connection.read();
}

/** A complete text frame, masked with zeros. */
function textFrame(payload: string): Uint8Array {
  const bytes = encoder.encode(payload);
  const frame = new Uint8Array(14 + bytes.length);
  frame.set(frameHead(bytes.length));
  frame.set(bytes, 14);
  return frame;
}

/** The head of a masked frame with a payload of `length` bytes, and a mask of zeros. */
function frameHead(length: number): Uint8Array {
  const head = frameOf(OPCODE.text, new Uint8Array(0)).slice(0, 1);
  const bytes = new Uint8Array(14);
  bytes.set(head);
  bytes[1] = 0x80 | 127;
  new DataView(bytes.buffer).setBigUint64(2, BigInt(length));
  return bytes;
}

/** An offer with 64 candidates on this machine, the most that a node has ever accepted. */
function offerToMany(): string {
  const candidates = Array.from(
    { length: 64 },
    (_, index) =>
      `a=candidate:${index} 1 udp ${2113937151 - index} 127.0.0.1 ${50_000 + index} typ host\r\n`,
  );
  return "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" +
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n" +
    "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n" +
    `a=fingerprint:sha-256 ${"AB:".repeat(31)}AB\r\na=sctp-port:5000\r\n${candidates.join("")}`;
}

/** Each member makes a new connection as often as a node accepts one. */
const OFFER_EVERY_MS = 1_000;

const inRoom = () => `room=attack-${crypto.randomUUID()}&peer_id=mallory`;

/** Fills a room with 6 MB of messages, and returns its name. */
async function fillRoom(nodeUrl: string): Promise<string> {
  const room = `attack-${crypto.randomUUID()}`;
  for (let n = 0; n < 100; n++) {
    const message = { room, peer_id: "mallory", text: "x".repeat(60_000) };
    await fetch(`${nodeUrl}/send`, { method: "POST", body: JSON.stringify(message) })
      .then((response) => response.body?.cancel(), () => {});
  }
  return room;
}

/** An answer stays unread for this long. Then its connection is closed and opened again. */
const UNREAD_MS = 5_000;

/** Requests `path` of a full room on many connections, and reads nothing of the answers. */
function askAndLeave(count: number, path: (room: string) => string): Attack["run"] {
  return async (aim, signal) => {
    const room = await fillRoom(aim.nodeUrl);
    const hold = async (connection: AttackConnection) => {
      await text(connection, `GET ${path(room)} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, UNREAD_MS);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          resolve();
        }, { once: true });
      });
    };
    await flood(count, hold)(aim, signal);
  };
}

/** Requests per burst. An address sends at most 40,000 a second. */
const STUN_BURST = { requests: 200, everyMs: 5 } as const;

/** Sends Binding requests (RFC 8489 section 5) from one socket per address, and reads no answers. */
async function floodStun({ nodeUrl, stunPort, from }: Aim, signal: AbortSignal): Promise<void> {
  const request = new Uint8Array(20);
  request[1] = 1;
  new DataView(request.buffer).setUint32(4, 0x2112a442);
  const to: Deno.NetAddr = {
    transport: "udp",
    hostname: new URL(nodeUrl).hostname,
    port: stunPort,
  };
  const one = async (hostname: string) => {
    const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    while (!signal.aborted) {
      for (let sent = 0; sent < STUN_BURST.requests; sent++) {
        // A request that finds the buffer full is left out.
        await socket.send(request, to).catch(() => {});
      }
      await new Promise((resolve) => setTimeout(resolve, STUN_BURST.everyMs));
    }
    socket.close();
  };
  await Promise.all((from.length === 0 ? ["127.0.0.1"] : from).map(one));
}

export const ATTACKS: readonly Attack[] = [
  { name: "1,100 connections that ask for nothing", run: flood(1_100, untilEnd) },
  {
    name: "1,000 bodies of 1 MiB of which one byte comes",
    run: flood(1_000, async (connection) => {
      await text(connection, `${POST}content-length: 500000\r\n\r\n{`);
      await untilEnd(connection);
    }),
  },
  {
    name: "bodies in chunks of one byte",
    run: flood(8, async (connection, signal) => {
      await text(connection, `${POST}transfer-encoding: chunked\r\n\r\n`);
      const chunks = encoder.encode("1\r\nx\r\n".repeat(2_000));
      while (!signal.aborted) await send(connection, chunks);
    }),
  },
  {
    name: "25 frames of 64 MiB",
    run: flood(25, async (connection, signal) => {
      await upgrade(connection, inRoom());
      await send(connection, frameHead(64 * 1024 * 1024));
      const megabyte = new Uint8Array(1024 * 1024);
      while (!signal.aborted) await send(connection, megabyte);
    }),
  },
  {
    name: "small frames without a pause",
    run: flood(4, async (connection, signal) => {
      await upgrade(connection, inRoom());
      // A text and a binary frame of two bytes each, masked with zeros.
      const pair = [0x81, 0x82, 0, 0, 0, 0, 123, 125, 0x82, 0x82, 0, 0, 0, 0, 1, 2];
      const frames = new Uint8Array(Array.from({ length: 4_000 }, () => pair).flat());
      while (!signal.aborted) await send(connection, frames);
    }),
  },
  {
    name: "offers of 50 members that aim UDP at others",
    run: flood(50, async (connection, signal) => {
      await upgrade(connection, `${inRoom()}&token=${crypto.randomUUID()}&protocol=1`);
      const offer = { type: "offer", sdp: offerToMany() };
      while (!signal.aborted) {
        const payload = { link: crypto.randomUUID().replaceAll("-", ""), signal: offer };
        await send(connection, textFrame(JSON.stringify({ type: "node_signal", payload })));
        await new Promise((resolve) => setTimeout(resolve, OFFER_EVERY_MS));
      }
    }),
  },
  {
    name: "signals for everyone who comes, large and small",
    run: flood(4, async (connection, signal) => {
      await upgrade(connection, `room=canary&peer_id=mallory-${crypto.randomUUID()}`);
      const ice = (chars: number) =>
        textFrame(JSON.stringify({ type: "ice", payload: { candidate: "x".repeat(chars) } }));
      const offer = JSON.stringify({ type: "offer", payload: { sdp: "x".repeat(32_000) } });
      const frames = [ice(250_000), textFrame(offer), ...Array.from({ length: 100 }, () => ice(9))];
      // An address may send 500 frames a second.
      while (!signal.aborted) {
        for (const frame of frames) await send(connection, frame);
        await new Promise((resolve) => setTimeout(resolve, 800));
      }
    }),
  },
  {
    name: "400 frames of 1 MiB that never end",
    run: flood(400, async (connection) => {
      await upgrade(connection, inRoom());
      await send(connection, frameHead(1_000_000));
      await send(connection, new Uint8Array(900_000));
      await untilEnd(connection);
    }),
  },
  {
    name: "300 histories of 6 MB that nobody reads",
    run: askAndLeave(300, (room) => `/history?room=${room}`),
  },
  {
    name: "300 pages of 1,000 messages that nobody reads",
    run: askAndLeave(300, (room) => `/api/v2/messages?room=${room}&limit=1000`),
  },
  {
    name: "300 strangers in the canary's room",
    run: flood(300, async (connection) => {
      await upgrade(connection, `room=canary&peer_id=${crypto.randomUUID()}`);
      await untilEnd(connection);
    }),
  },
  {
    name: "members that poll once and are told everything",
    run: flood(8, async (connection, signal) => {
      const payload = { text: "x".repeat(60_000) };
      const relay = JSON.stringify({ type: "relay", payload });
      while (!signal.aborted) {
        const query = `room=attack-polls&peer_id=${crypto.randomUUID()}`;
        await text(connection, `GET /signal?${query} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
        await connection.read();
        const head = `POST /signal?${query} HTTP/1.1\r\nhost: localhost\r\n`;
        await text(connection, `${head}content-length: ${relay.length}\r\n\r\n${relay}`);
        await connection.read();
      }
    }),
  },
  {
    name: "large bodies without a pause",
    run: flood(8, async (connection, signal) => {
      const body = JSON.stringify({
        room: "attack",
        peer_id: "mallory",
        text: "x".repeat(500_000),
      });
      const request = encoder.encode(`${POST}content-length: ${body.length}\r\n\r\n${body}`);
      while (!signal.aborted) {
        await send(connection, request);
        await connection.read();
      }
    }),
  },
  { name: "STUN requests without a pause", run: floodStun },
];
