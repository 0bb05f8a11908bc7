// Node's own client with a keep-alive agent: reads asks as JSON, prints a tally as JSON.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

const { url, asks, next: nextKind } = JSON.parse(readFileSync(0, "utf8"));
const base = new URL(url);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function ask({ method, path, headers = {}, body, isChunked, isApart }) {
  return new Promise((resolve, reject) => {
    const framing = isChunked
      ? { "transfer-encoding": "chunked" }
      : { "content-length": `${body.length}` };
    const outgoing = request(
      {
        host: base.hostname,
        port: base.port,
        method,
        path,
        agent,
        headers: { ...framing, ...headers },
      },
      (response) => {
        let text = "";
        response.on("data", (data) => text += data);
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode,
            text,
            isLast: response.headers.connection === "close",
          }));
      },
    );
    outgoing.on("error", reject);
    if (isApart) outgoing.flushHeaders();
    outgoing.end(body);
  });
}

function nextRequest() {
  if (nextKind === "health") return { method: "GET", path: "/health", body: "", expects: '"ok"' };
  const id = randomUUID();
  const body = JSON.stringify({ room: "next", peer_id: "node", text: "Still there?", id });
  return { method: "POST", path: "/send", body, expects: `"${id}"` };
}

const tally = { kept: 0, announced: 0, failures: [] };
for (const one of asks) {
  try {
    const { status, isLast } = await ask({ ...one, body: "x".repeat(one.bytes) });
    if (status !== (one.status ?? status)) throw new Error(`answered ${status}`);
    const next = nextRequest();
    const answer = await ask(next);
    if (answer.status !== 200 || !answer.text.includes(next.expects)) {
      throw new Error(`the next request was answered ${answer.status}: ${answer.text}`);
    }
    tally[isLast ? "announced" : "kept"]++;
  } catch (error) {
    tally.failures.push(`${one.name}, ${one.bytes} bytes: ${error.message}`);
  }
}
agent.destroy();
console.log(JSON.stringify(tally));
