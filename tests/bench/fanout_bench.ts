/** A room of 50 on WebSockets: frames that are only passed on, and messages that are stored first. */
import { v7 as uuidv7 } from "uuid";
import { type Bench, inTurn, type Row } from "./bench.ts";
import { type Fanout, FanoutRoom, MEMBERS } from "./fanout.ts";
import { perSecond } from "./figures.ts";
import {
  JS_RUNTIME,
  NO_HEARTBEAT,
  type Program,
  startDenoServer,
  startNode,
  startNodeJsServer,
} from "./programs.ts";
import { encodeRequest, RawHttp } from "./raw_http.ts";

const FRAME_BYTES = 200;

function signalPath(index: number): string {
  return `/signal?room=bench&peer_id=member-${index}&protocol=1`;
}

/** Replaces the `~` in `frame` so that the frame is {@linkcode FRAME_BYTES} long. */
function filled(frame: string): string {
  return frame.replace("~", "x".repeat(FRAME_BYTES - frame.length + 1));
}

const relayText = filled('{"type":"relay","payload":"~"}');
const socketIoText = filled('42["relay","~"]');

const RELAY: Fanout = {
  label: "relay",
  path: signalPath,
  frame: () => relayText,
  isAcknowledged: false,
};
const CHAT: Fanout = {
  label: "chat",
  path: signalPath,
  frame: () => filled(`{"type":"chat","payload":{"id":"${uuidv7()}","text":"~"}}`),
  isAcknowledged: true,
};
const BARE: Fanout = { ...RELAY, label: "bare Deno.serve", path: () => "/socket" };
const WS: Fanout = { ...BARE, label: `ws on ${JS_RUNTIME}` };
const SOCKET_IO: Fanout = {
  ...BARE,
  label: `socket.io on ${JS_RUNTIME}`,
  path: () => "/socket.io/?EIO=4&transport=websocket",
  greeting: "40",
  frame: () => socketIoText,
};

export const fanoutBench: Bench = {
  name: "fanout",
  async run(at) {
    await using node = await startNode(at, NO_HEARTBEAT);
    await using chatNode = await startNode(at, NO_HEARTBEAT);
    await using bare = await startDenoServer("bare.ts");
    await using ws = await startNodeJsServer("ws.mjs");
    await using socketIo = await startNodeJsServer("socket_io.mjs");
    const subjects: readonly [Fanout, Program][] = [
      [RELAY, node],
      [CHAT, chatNode],
      [BARE, bare],
      [WS, ws],
      [SOCKET_IO, socketIo],
    ];
    const rooms: FanoutRoom[] = [];
    for (const [fanout, { port }] of subjects) rooms.push(await FanoutRoom.open(fanout, port));
    for (const room of rooms) await room.talk(1);
    const rounds = await inTurn(rooms, at.rounds, (room) => room.talk(at.seconds));
    const [relay, chat, ...others] = rounds.map((results) => Math.max(...results));
    await checkStored(chatNode.port, rooms[1]!.frames);
    for (const room of rooms) room.close();
    const labels = [BARE, WS, SOCKET_IO].map(({ label }) => label);
    const beside = (ours: number) =>
      others.map((figure, index) => ({
        text: `${labels[index]} ${perSecond(figure)}`,
        ratio: ours / figure,
      }));
    return [
      row(`room of ${MEMBERS}, relay frames of ${FRAME_BYTES} bytes`, relay!, 300_000, beside),
      row("the same with chat, stored and acknowledged", chat!, 150_000, beside),
    ];
  },
};

function row(
  what: string,
  figure: number,
  toReach: number,
  beside: (ours: number) => Row["beside"],
): Row {
  return {
    what,
    measured: `${perSecond(figure)} deliveries`,
    toReach: perSecond(toReach),
    isReached: figure >= toReach,
    beside: beside(figure),
  };
}

async function checkStored(port: number, sent: number): Promise<void> {
  const connection = await RawHttp.open(port);
  const { body } = await connection.ask(encodeRequest("GET", "/api/v2/rooms/info?room=bench"));
  connection.close();
  const { messages } = JSON.parse(new TextDecoder().decode(body));
  if (messages !== sent) throw new Error(`${messages} of ${sent} chat messages were stored`);
}
