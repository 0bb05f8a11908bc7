/**
 * Puts load on one route. It uses `wrk` where it is installed, which leaves more of the machine to the
 * server, and connections of our own otherwise. `LOAD_PROGRAM` tells which.
 */
import { percentile } from "./figures.ts";
import { encodeRequest, RawHttp } from "./raw_http.ts";

export interface Load {
  readonly port: number;
  readonly method: "GET" | "POST";
  readonly path: string;
  /** JSON with `%d` in the place of each request's number. */
  readonly body?: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const hasWrk = await new Deno.Command("wrk", { args: ["-v"], stdout: "null", stderr: "null" })
  .output().then(() => true, () => false);

/** Name of the program that makes the load, for the table's foot. */
export const LOAD_PROGRAM = hasWrk ? "wrk" : "raw TCP connections in Deno";

/**
 * Runs a load. Latencies are those of all its requests.
 * @throws {Error} when any answer is not a 2xx.
 */
export function runLoad(load: Load): Promise<LoadResult> {
  return hasWrk ? runWrk(load) : runRaw(load);
}

/** Prints one JSON line, because wrk's own output is for people. */
const WRK_DONE = `
function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"us":%d,"p50":%f,"p99":%f,"errors":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

function wrkScript({ method, body }: Load): string {
  if (method === "GET") return WRK_DONE;
  return `
local n = 0
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
function request()
  n = n + 1
  return wrk.format(nil, nil, nil, string.format([==[${body}]==], n))
end
${WRK_DONE}`;
}

async function runWrk(load: Load): Promise<LoadResult> {
  const script = await Deno.makeTempFile({ suffix: ".lua" });
  try {
    await Deno.writeTextFile(script, wrkScript(load));
    const url = `http://127.0.0.1:${load.port}${load.path}`;
    const size = ["-t", "1", "-c", `${load.connections}`, "-d", `${load.seconds}s`];
    const { stdout } = await new Deno.Command("wrk", { args: [...size, "-s", script, url] })
      .output();
    const line = /RESULT (.*)/.exec(new TextDecoder().decode(stdout))?.[1];
    if (line === undefined) throw new Error("wrk told no result");
    const { requests, us, p50, p99, errors } = JSON.parse(line);
    if (errors > 0) throw new Error(`${errors} of ${requests} requests failed`);
    return { requests, perSecond: requests / us * 1e6, p50Ms: p50 / 1e3, p99Ms: p99 / 1e3 };
  } finally {
    await Deno.remove(script);
  }
}

/** Runs a load on our own connections. Benchmarks with a single connection always use this. */
export async function runRaw(load: Load): Promise<LoadResult> {
  const timesMs: number[] = [];
  const connections = await Promise.all(
    Array.from({ length: load.connections }, () => RawHttp.open(load.port)),
  );
  const startMs = performance.now();
  const endMs = startMs + load.seconds * 1000;
  const plain = encodeRequest(load.method, load.path, load.body);
  let made = 0;
  await Promise.all(connections.map(async (connection) => {
    for (let atMs = startMs; atMs < endMs;) {
      const request = load.body === undefined
        ? plain
        : encodeRequest(load.method, load.path, load.body.replace("%d", `${++made}`));
      const beforeMs = performance.now();
      const { status } = await connection.ask(request);
      if (status < 200 || status > 299) throw new Error(`${load.path} answered ${status}`);
      atMs = performance.now();
      timesMs.push(atMs - beforeMs);
    }
  }));
  const seconds = (performance.now() - startMs) / 1000;
  for (const connection of connections) connection.close();
  return {
    requests: timesMs.length,
    perSecond: timesMs.length / seconds,
    p50Ms: percentile(timesMs, 0.5),
    p99Ms: percentile(timesMs, 0.99),
  };
}
