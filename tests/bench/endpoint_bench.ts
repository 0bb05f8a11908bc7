/** Members on DataChannels to a node's own WebRTC endpoint, compared with members on WebSockets. */
import { ROOT } from "../../scripts/files.ts";
import { readLines } from "../network/peers/lines.ts";
import type { Bench, Surroundings } from "./bench.ts";
import { ms, percentile } from "./figures.ts";
import { startNode, stop } from "./programs.ts";

const MEMBERS = 200;
/** Members of one room, including the sender; the same as in `endpoint_members.ts`. */
const ROOM_SIZE = 10;
/** Each half of the members is a process, so that the members have a core while the node has the other. */
const PROCESSES = 2;
/** Duration of the talk: long enough for a thousand messages. */
const SECONDS = 8;
const P99_MS = 250;

interface Report {
  readonly sent: number;
  /** Latency of every delivery to another member. */
  readonly latenciesMs: readonly number[];
  /** Members that were still on the tier at the end; the others had gone back to polling. */
  readonly onTier: number;
}

export const endpointBench: Bench = {
  name: "endpoint",
  async run(at) {
    const ours = await measure(at, "webrtc-stun");
    const beside = await measure(at, "websocket");
    const [p50, p99] = [percentile(ours.latenciesMs, 0.5), percentile(ours.latenciesMs, 0.99)];
    const besideP50 = percentile(beside.latenciesMs, 0.5);
    const besideP99 = percentile(beside.latenciesMs, 0.99);
    return [{
      what: `${MEMBERS} on DataChannels to the node, 1 message/s each in rooms of ${ROOM_SIZE}`,
      measured: `p50 ${ms(p50)}, p99 ${ms(p99)}, ${ours.onTier} stayed`,
      toReach: `p99 ${P99_MS} ms, ${MEMBERS} stayed`,
      isReached: p99 < P99_MS && ours.onTier === MEMBERS,
      beside: [{
        text: `on WebSockets p50 ${ms(besideP50)}, p99 ${ms(besideP99)}`,
        ratio: p99 / besideP99,
      }],
    }];
  },
};

/**
 * Lets all members talk on one tier.
 * @throws {Error} when not every message reached everyone.
 */
async function measure(at: Surroundings, tier: "webrtc-stun" | "websocket"): Promise<Report> {
  await using node = await startNode(at);
  const nodeUrl = `http://127.0.0.1:${node.port}`;
  const members = Array.from({ length: PROCESSES }, (_, i) => new Members([nodeUrl, tier], i));
  try {
    await Promise.all(members.map((one) => one.ready));
    const report = sumOf(await Promise.all(members.map((one) => one.talk(SECONDS))));
    const [wanted, came] = [report.sent * (ROOM_SIZE - 1), report.latenciesMs.length];
    if (came !== wanted) throw new Error(`${came} of ${wanted} deliveries came by ${tier}`);
    return report;
  } finally {
    await Promise.all(members.map((one) => one.close()));
  }
}

function sumOf(reports: readonly Report[]): Report {
  const total = (figure: (report: Report) => number) =>
    reports.reduce((sum, report) => sum + figure(report), 0);
  return {
    sent: total(({ sent }) => sent),
    latenciesMs: reports.flatMap(({ latenciesMs }) => latenciesMs),
    onTier: total(({ onTier }) => onTier),
  };
}

/** A process that runs members. */
class Members {
  readonly ready: Promise<void>;
  readonly #child: Deno.ChildProcess;
  readonly #report: Promise<Report>;

  constructor(args: readonly string[], index: number) {
    const file = `${ROOT}/tests/bench/endpoint_members.ts`;
    const numbers = [MEMBERS / PROCESSES, index, PROCESSES].map(String);
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", file, ...args, ...numbers],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const [ready, report] = [Promise.withResolvers<void>(), Promise.withResolvers<Report>()];
    this.ready = ready.promise;
    this.#report = report.promise;
    // `talk` passes the error on to its caller. This handler covers a rejection before `talk` is called.
    this.#report.catch(() => {});
    const ended = readLines(this.#child.stdout, (line) => {
      if (line === "ready") ready.resolve();
      else report.resolve(JSON.parse(line));
    });
    void ended.then(() => {
      const error = new Error("The members ended before they had reported");
      ready.reject(error);
      report.reject(error);
    });
  }

  async talk(seconds: number): Promise<Report> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`${seconds}\n`));
    writer.releaseLock();
    return await this.#report;
  }

  async close(): Promise<void> {
    await this.#child.stdin.close().catch(() => {});
    await stop(this.#child);
  }
}
