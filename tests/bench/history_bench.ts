/**
 * `GET /history` in a room with 100,000 messages: 32 pollers without news, and pages of 10,000 messages.
 */
import { v7 as uuidv7 } from "uuid";
import { messageId, peerId, timestampFromUs } from "../../transport/protocol/mod.ts";
import { message, openStore, room } from "../storage/temp_store.ts";
import { type Bench, inTurn, type Row, type Surroundings } from "./bench.ts";
import { best, median, megabytes, ms, perSecond } from "./figures.ts";
import { type Load, runLoad } from "./http_load.ts";
import { type Program, startDenoServer, startNode } from "./programs.ts";
import { encodeRequest, RawHttp } from "./raw_http.ts";

const POLLERS = 32;
const MESSAGES = 100_000;
const PAGE = 10_000;
/** Enough for a median. Each page takes some 10 ms. */
const PAGES_READ = 60;
const ROOM = room("bench");
const FILLING = "the quick brown fox jumps over the lazy dog when lunch is ready, said number";

export const historyBench: Bench = {
  name: "history",
  async run(at) {
    const folder = await Deno.makeTempDir({ dir: at.folder, prefix: "history-" });
    const path = `${folder}/chat.db`;
    const latest = await fill(path);
    // Of two `--db` flags the last counts.
    await using node = await startNode(at, ["--db", path]);
    await using bare = await startDenoServer("bare.ts");
    return [await measurePolls(at, [node, bare], latest), await measurePage(node)];
  },
};

/** Writes the messages and returns the timestamp of the last one. */
async function fill(path: string): Promise<number> {
  const store = await openStore(path);
  for (let written = 0; written < MESSAGES; written += 1000) {
    await Promise.all(Array.from({ length: 1000 }, (_, index) =>
      store.append(message({
        room: ROOM,
        id: messageId.parse(uuidv7()),
        peerId: peerId.parse(`peer-${index % 10}`),
        text: `${FILLING} ${written + index}`,
      }))));
  }
  const latestUs = store.latestUs(ROOM);
  await store.close();
  return timestampFromUs(latestUs);
}

async function measurePolls(
  at: Surroundings,
  programs: readonly Program[],
  latest: number,
): Promise<Row> {
  const path = `/history?room=${ROOM}&since=${latest}`;
  const loadOn = ({ port }: Program, seconds: number): Load => {
    return { port, method: "GET", path, connections: POLLERS, seconds };
  };
  for (const program of programs) await runLoad(loadOn(program, 1));
  const [ours, bare] = await inTurn(
    programs,
    at.rounds,
    (program) => runLoad(loadOn(program, at.seconds)),
  );
  const result = best(ours!, ({ perSecond }) => perSecond);
  const floor = best(bare!, ({ perSecond }) => perSecond);
  return {
    what: `GET /history, nothing new, ${POLLERS} pollers, ${
      MESSAGES.toLocaleString("en-US")
    } in it`,
    measured: `${perSecond(result.perSecond)}, p99 ${ms(result.p99Ms)}`,
    toReach: "50,000/s",
    isReached: result.perSecond >= 50_000,
    beside: [{
      text: `bare Deno.serve ${perSecond(floor.perSecond)}, p99 ${ms(floor.p99Ms)}`,
      ratio: result.perSecond / floor.perSecond,
    }],
  };
}

async function measurePage(node: Program): Promise<Row> {
  const connection = await RawHttp.open(node.port);
  const request = encodeRequest("GET", `/history?room=${ROOM}&since=0&limit=${PAGE}`);
  const { body, bodyBytes } = await connection.ask(request);
  const rows = JSON.parse(new TextDecoder().decode(body)).length;
  if (rows !== PAGE) throw new Error(`A page of ${PAGE} has ${rows} messages`);
  const timesMs: number[] = [];
  for (let read = 0; read < PAGES_READ; read++) {
    const startMs = performance.now();
    await connection.ask(request);
    timesMs.push(performance.now() - startMs);
  }
  connection.close();
  const p50Ms = median(timesMs);
  const parseMs = timeOfParse(body);
  return {
    what: `history of ${PAGE.toLocaleString("en-US")} messages, ${megabytes(bodyBytes)}`,
    measured: `p50 ${ms(p50Ms)}`,
    toReach: "p50 < 15 ms",
    isReached: p50Ms < 15,
    beside: [{ text: `JSON.parse of it ${ms(parseMs)}`, ratio: p50Ms / parseMs }],
  };
}

function timeOfParse(body: Uint8Array): number {
  const text = new TextDecoder().decode(body);
  const timesMs = Array.from({ length: PAGES_READ }, () => {
    const startMs = performance.now();
    JSON.parse(text);
    return performance.now() - startMs;
  });
  return median(timesMs);
}
