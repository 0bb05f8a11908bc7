/** The executable: the time until its first answer on a fresh database, and its resident memory. */
import { findDenort } from "../../scripts/denort.ts";
import { ROOT } from "../../scripts/files.ts";
import { runDeno } from "../../scripts/run.ts";
import { type Bench, inTurn, type Row, type Surroundings } from "./bench.ts";
import { median, megabytes, ms } from "./figures.ts";
import { freePort, nodeArguments, residentBytes, sleep, stop } from "./programs.ts";
import { encodeRequest, RawHttp } from "./raw_http.ts";

const STARTS = 11;
/** Further starts, whose memory is measured after `IDLE_MS` without requests. */
const IDLE_STARTS = 3;
const IDLE_MS = 2000;
/** Pause between two attempts to connect. */
const TRY_MS = 1;

const GET = encodeRequest("GET", "/");

/** Starts a program on `port`. */
type Start = (port: number) => Promise<Deno.ChildProcess>;

interface Started {
  readonly firstAnswerMs: number;
  readonly residentBytes: number;
}

export const executableBench: Bench = {
  name: "executable",
  async run(at) {
    const bare = await compileBare(at);
    const startOurs: Start = async (port) =>
      spawn(at.executable, await nodeArguments(at, { port }));
    const startBare: Start = (port) => Promise.resolve(spawn(bare, [], { BARE_PORT: `${port}` }));
    const starts = [startOurs, startBare];
    for (const start of starts) await measureStart(start, 0);
    const [ours, floor] = await inTurn(starts, STARTS, (start) => measureStart(start, 0));
    const [idle, idleFloor] = await inTurn(
      starts,
      IDLE_STARTS,
      (start) => measureStart(start, IDLE_MS),
    );
    return [startRow(ours!, floor!), residentRow([...ours!, ...idle!], [...floor!, ...idleFloor!])];
  },
};

function startRow(ours: readonly Started[], floor: readonly Started[]): Row {
  const startMs = median(ours.map(({ firstAnswerMs }) => firstAnswerMs));
  const floorMs = median(floor.map(({ firstAnswerMs }) => firstAnswerMs));
  return {
    what: "executable: start to first answer, fresh database",
    measured: ms(startMs),
    toReach: "80 ms",
    isReached: startMs <= 80,
    beside: [{ text: `bare Deno.serve, compiled ${ms(floorMs)}`, ratio: startMs / floorMs }],
  };
}

/** The row of the resident memory: the larger of the medians at the first answer and when idle. */
function residentRow(ours: readonly Started[], floor: readonly Started[]): Row {
  const [first, idle] = residents(ours);
  const floorBytes = Math.max(...residents(floor));
  const bytes = Math.max(first, idle);
  return {
    what: `executable: resident at the first answer, and ${IDLE_MS / 1000} s later`,
    measured: `${megabytes(first)}, ${megabytes(idle)}`,
    toReach: "95 MB",
    isReached: bytes <= 95e6,
    beside: [{
      text: `bare Deno.serve, compiled ${megabytes(floorBytes)}`,
      ratio: bytes / floorBytes,
    }],
  };
}

function residents(starts: readonly Started[]): [first: number, idle: number] {
  const bytes = starts.map((start) => start.residentBytes);
  return [median(bytes.slice(0, STARTS)), median(bytes.slice(STARTS))];
}

async function measureStart(start: Start, idleMs: number): Promise<Started> {
  const port = freePort();
  const startMs = performance.now();
  const child = await start(port);
  try {
    await firstAnswer(port, startMs);
    const firstAnswerMs = performance.now() - startMs;
    await sleep(idleMs);
    return { firstAnswerMs, residentBytes: await residentBytes(child.pid) };
  } finally {
    await stop(child);
  }
}

async function firstAnswer(port: number, startMs: number): Promise<void> {
  while (performance.now() - startMs < 20_000) {
    const connection = await RawHttp.open(port).catch(() => null);
    if (connection === null) {
      await sleep(TRY_MS);
      continue;
    }
    const { status } = await connection.ask(GET);
    connection.close();
    if (status === 200) return;
    throw new Error(`GET / answered ${status}`);
  }
  throw new Error("No answer within 20 s");
}

function spawn(program: string, args: string[], env: Record<string, string> = {}) {
  return new Deno.Command(program, { args, env, stdin: "null", stdout: "null", stderr: "inherit" })
    .spawn();
}

/** Compiles the bare server to an executable, as a floor for the figures. */
async function compileBare(at: Surroundings): Promise<string> {
  const output = `${at.folder}/bare`;
  const denort = await findDenort(Deno.build.target);
  const env: Record<string, string> = denort === null ? {} : { DENORT_BIN: denort };
  const source = `${at.folder}/bare.ts`;
  // Compiled outside the checkout, whose packages would be embedded otherwise.
  await Deno.copyFile(`${ROOT}/tests/bench/servers/bare.ts`, source);
  const args = [
    "compile",
    "-A",
    "--quiet",
    "--no-config",
    "--no-check",
    "--output",
    output,
    source,
  ];
  if (await runDeno(args, { cwd: at.folder, env, quiet: true }) === 0) return output;
  throw new Error("The bare server could not be compiled");
}
