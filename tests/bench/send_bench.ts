/** `POST /send`: the rate of many writers at once, and the latency of a single writer. */
import { type Bench, inTurn, type Row, type Surroundings } from "./bench.ts";
import { best, median, ms, perSecond } from "./figures.ts";
import { type Load, type LoadResult, runLoad, runRaw } from "./http_load.ts";
import { type Program, startDenoServer, startNode } from "./programs.ts";
import { encodeRequest, RawHttp } from "./raw_http.ts";

const WRITERS = 32;
const ROOM = "bench";
const TEXT = "the quick brown fox jumps over the lazy dog when lunch is ready, said number %d";
const BODY = JSON.stringify({ room: ROOM, peer_id: "writer", text: TEXT });

export const sendBench: Bench = {
  name: "send",
  async run(at) {
    await using node = await startNode(at);
    await using bare = await startDenoServer("bare.ts");
    const programs = [node, bare];
    for (const program of programs) await runLoad(loadOn(program, WRITERS, 1));
    return [await measureMany(at, programs), await measureOne(at, programs)];
  },
};

function loadOn(program: Program, connections: number, seconds: number): Load {
  const { port } = program;
  return { port, method: "POST", path: "/send", body: BODY, connections, seconds };
}

async function measureMany(at: Surroundings, programs: readonly Program[]): Promise<Row> {
  const before = await countStored(programs[0]!.port);
  const [ours, bare] = await inTurn(
    programs,
    at.rounds,
    (program) => runLoad(loadOn(program, WRITERS, at.seconds)),
  );
  await checkStored(programs[0]!.port, before, ours!);
  const result = best(ours!, ({ perSecond }) => perSecond);
  const floor = best(bare!, ({ perSecond }) => perSecond);
  return {
    what: `POST /send, ${WRITERS} writers, on disk`,
    measured: `${perSecond(result.perSecond)}, p99 ${ms(result.p99Ms)}`,
    toReach: "15,000/s, p99 < 15 ms",
    isReached: result.perSecond >= 15_000 && result.p99Ms < 15,
    beside: [{
      text: `bare Deno.serve ${perSecond(floor.perSecond)}, p99 ${ms(floor.p99Ms)}`,
      ratio: result.perSecond / floor.perSecond,
    }],
  };
}

async function measureOne(at: Surroundings, programs: readonly Program[]): Promise<Row> {
  const [ours, bare] = await inTurn(
    programs,
    at.rounds,
    (program) => runRaw(loadOn(program, 1, at.seconds)),
  );
  const p50Ms = median(ours!.map((result) => result.p50Ms));
  const floorMs = median(bare!.map((result) => result.p50Ms));
  return {
    what: "POST /send, 1 writer",
    measured: `p50 ${ms(p50Ms)}`,
    toReach: "p50 < 0.8 ms",
    isReached: p50Ms < 0.8,
    beside: [{ text: `bare Deno.serve ${ms(floorMs)}`, ratio: p50Ms / floorMs }],
  };
}

/**
 * Checks that every acknowledged message is stored. Requests cut off at the end of a round may be stored
 * too.
 */
async function checkStored(
  port: number,
  before: number,
  results: readonly LoadResult[],
): Promise<void> {
  const stored = await countStored(port) - before;
  const answered = results.reduce((sum, { requests }) => sum + requests, 0);
  const most = answered + WRITERS * results.length;
  if (stored >= answered && stored <= most) return;
  throw new Error(`${stored} messages were stored, ${answered} acknowledged`);
}

async function countStored(port: number): Promise<number> {
  const connection = await RawHttp.open(port);
  const path = `/api/v2/rooms/info?room=${ROOM}`;
  const { body } = await connection.ask(encodeRequest("GET", path));
  connection.close();
  return JSON.parse(new TextDecoder().decode(body)).messages;
}
