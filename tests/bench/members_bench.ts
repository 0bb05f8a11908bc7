/** The memory that an idle member on its WebSocket costs a node. */
import type { Bench, Surroundings } from "./bench.ts";
import { kilobytes, median } from "./figures.ts";
import { type Program, residentBytes, sleep, startDenoServer, startNode } from "./programs.ts";
import { IDLE_READ_BYTES, RawWebSocket } from "./raw_websocket.ts";

const MEMBERS = 1000;
const ROOM_SIZE = 50;
/** Shorter than the heartbeat interval, and long enough for the garbage of joining to be collected. */
const SETTLE_MS = 3000;

export const membersBench: Bench = {
  name: "members",
  async run(at) {
    const ours = await measureRounds(at, () => startNode(at), ourPath);
    const floor = await measureRounds(at, () => startDenoServer("bare.ts"), () => "/socket");
    const bytes = median(ours.map(({ further }) => further));
    const firstBytes = median(ours.map(({ first }) => first));
    const floorBytes = median(floor.map(({ further }) => further));
    return [{
      what: `resident for each idle WebSocket member, after ${MEMBERS} others`,
      measured: `${kilobytes(bytes)} (each of those: ${kilobytes(firstBytes)})`,
      toReach: "20 kB",
      isReached: bytes <= 20_000,
      beside: [{ text: `bare Deno.serve ${kilobytes(floorBytes)}`, ratio: bytes / floorBytes }],
    }];
  },
};

/** Bytes per member. */
interface Growth {
  /** For the first members, including the code that V8 compiles for them. */
  readonly first: number;
  /** For as many further members. */
  readonly further: number;
}

function ourPath(index: number): string {
  const room = Math.floor(index / ROOM_SIZE);
  return `/signal?room=room-${room}&peer_id=member-${index}&protocol=1`;
}

async function measureRounds(
  at: Surroundings,
  start: () => Promise<Program>,
  path: (index: number) => string,
): Promise<Growth[]> {
  const growths: Growth[] = [];
  for (let round = 0; round < at.rounds; round++) {
    await using program = await start();
    growths.push(await measure(program, path));
  }
  return growths;
}

async function measure(
  { pid, port }: Program,
  path: (index: number) => string,
): Promise<Growth> {
  const sockets: RawWebSocket[] = [];
  const residentAfter = async (count: number) => {
    while (sockets.length < count) {
      const options = { readBytes: IDLE_READ_BYTES };
      sockets.push(await RawWebSocket.open(port, path(sockets.length), options));
    }
    await sleep(SETTLE_MS);
    return await residentBytes(pid);
  };
  const none = await residentAfter(0);
  const some = await residentAfter(MEMBERS);
  const more = await residentAfter(2 * MEMBERS);
  for (const socket of sockets) socket.close();
  return { first: (some - none) / MEMBERS, further: (more - some) / MEMBERS };
}
