/** What a member that only sits there on its WebSocket costs a node. */
import type { Bench, Surroundings } from "./bench.ts";
import { kilobytes, median } from "./figures.ts";
import { type Program, residentBytes, sleep, startDenoServer, startNode } from "./programs.ts";
import { IDLE_READ_BYTES, RawWebSocket } from "./raw_websocket.ts";

const MEMBERS = 1000;
const ROOM_SIZE = 50;
/** Below the interval of heartbeats; long enough for what was said on joining to be collected. */
const SETTLE_MS = 4000;

export const membersBench: Bench = {
  name: "members",
  async run(at) {
    const ours = await measureRounds(at, () => startNode(at), ourPath);
    const floor = await measureRounds(at, () => startDenoServer("bare.ts"), () => "/socket");
    const bytes = median(ours);
    const floorBytes = median(floor);
    return [{
      what: `resident for each of ${MEMBERS} idle WebSocket members`,
      measured: kilobytes(bytes),
      toReach: "20 kB",
      isReached: bytes <= 20_000,
      beside: [{ text: `bare Deno.serve ${kilobytes(floorBytes)}`, ratio: bytes / floorBytes }],
    }];
  },
};

function ourPath(index: number): string {
  const room = Math.floor(index / ROOM_SIZE);
  return `/signal?room=room-${room}&peer_id=member-${index}&protocol=1`;
}

async function measureRounds(
  at: Surroundings,
  start: () => Promise<Program>,
  path: (index: number) => string,
): Promise<number[]> {
  const bytes: number[] = [];
  for (let round = 0; round < at.rounds; round++) {
    await using program = await start();
    bytes.push(await measure(program, path));
  }
  return bytes;
}

async function measure({ pid, port }: Program, path: (index: number) => string): Promise<number> {
  // What the first member brings with it is no member's.
  const first = await RawWebSocket.open(port, path(MEMBERS), { readBytes: IDLE_READ_BYTES });
  await sleep(SETTLE_MS / 2);
  const before = await residentBytes(pid);
  const sockets: RawWebSocket[] = [];
  for (let index = 0; index < MEMBERS; index++) {
    sockets.push(await RawWebSocket.open(port, path(index), { readBytes: IDLE_READ_BYTES }));
  }
  await sleep(SETTLE_MS);
  const after = await residentBytes(pid);
  for (const socket of [first, ...sockets]) socket.close();
  return (after - before) / MEMBERS;
}
