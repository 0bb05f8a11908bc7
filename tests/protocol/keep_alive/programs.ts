/** The clients in other languages, where those are installed, and Deno's `fetch`. */
import type { Ask } from "./early_answers.ts";
import { describeAsk, type NextRequest, nextRequest, type Plan, type Tally } from "./tally.ts";

/** A client that is a separate program. */
export interface ClientProgram {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const path = (file: string) => new URL(file, import.meta.url).pathname;

export const CLIENT_PROGRAMS: readonly ClientProgram[] = [
  { name: "Node's http", command: "node", args: [path("./node_client.mjs")] },
  { name: "Python's http.client", command: "python3", args: [path("./python_client.py")] },
];

export function isInstalled(command: string, args = ["--version"]): boolean {
  try {
    return new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

export async function tryProgram({ command, args }: ClientProgram, plan: Plan): Promise<Tally> {
  const child = new Deno.Command(command, { args: [...args], stdin: "piped", stdout: "piped" })
    .spawn();
  const output = new Response(child.stdout).text();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(plan)));
  await writer.close();
  const { success } = await child.status;
  if (!success) throw new Error(`${command} failed: ${await output}`);
  return JSON.parse(await output);
}

/**
 * Tries a plan with `fetch`, on one connection at a time, as a page has for a request. A GET of `fetch`
 * has no body.
 */
export async function tryFetch(plan: Plan): Promise<Tally> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
  let kept = 0;
  let announced = 0;
  const failures: string[] = [];
  for (const ask of plan.asks) {
    try {
      const { url } = plan;
      if (await fetchOne(client, { url, ask, next: nextRequest(plan) })) announced++;
      else kept++;
    } catch (error) {
      failures.push(`${describeAsk(ask)}: ${(error as Error).message}`);
    }
  }
  return { kept, announced, failures };
}

/** @returns whether the answer said that the connection ends. */
async function fetchOne(
  client: Deno.HttpClient,
  { url, ask, next }: { url: string; ask: Ask; next: NextRequest },
): Promise<boolean> {
  const { method, headers, bytes, isChunked } = ask;
  const data = new Uint8Array(bytes).fill(120);
  const body = isChunked ? ReadableStream.from([data]) : data;
  const init = { method, body, client, ...headers === undefined ? {} : { headers } };
  const answer = await fetch(url + ask.path, init);
  await answer.text();
  if (answer.status !== (ask.status ?? answer.status)) throw new Error(`answered ${answer.status}`);
  const after = await fetch(url + next.path, { method: next.method, body: next.body, client });
  const text = await after.text();
  if (after.status !== 200 || !text.includes(next.expects)) {
    throw new Error(`the next request was answered ${after.status}: ${text}`);
  }
  return answer.headers.get("connection") === "close";
}
