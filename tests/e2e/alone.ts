/**
 * A process for tests: runs the given executable from the executable's folder, with nothing else in its
 * environment. It lets two peers chat through the node, and prints the result as JSON.
 * `deno run -A alone.ts <executable>`
 */
import { dirname } from "node:path";

const [executable = ""] = Deno.args;
const folder = dirname(executable);
const child = new Deno.Command(executable, {
  args: ["--host", "127.0.0.1", "--http-port", "0", "--ws-port", "0", "--stun-port", "0"],
  cwd: folder,
  env: { HOME: folder },
  clearEnv: true,
  stdin: "null",
  stdout: "piped",
  stderr: "inherit",
}).spawn();

/** The address that the node prints. */
async function address(): Promise<string> {
  const decoder = new TextDecoder();
  let output = "";
  for await (const bytes of child.stdout.values({ preventCancel: true })) {
    output += decoder.decode(bytes, { stream: true });
    const [, url] = /^ {2}(http:\/\/\S+)$/m.exec(output) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`The node printed no address: ${output}`);
}

class Peer {
  readonly heard: string[] = [];
  readonly #socket: WebSocket;
  #onFrame: () => void = () => {};
  readonly #seen: { type: string; peer_id?: string; payload?: { text?: string } }[] = [];

  constructor(node: string, id: string) {
    this.#socket = new WebSocket(`${node}/signal?room=lobby&peer_id=${id}`);
    this.#socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      this.#seen.push(frame);
      if (frame.type === "chat") this.heard.push(frame.payload.text);
      this.#onFrame();
    };
  }

  until(type: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onFrame = () => {
        if (this.#seen.some((frame) => frame.type === type)) resolve();
      };
      this.#onFrame();
    });
  }

  say(id: string, text: string): void {
    this.#socket.send(JSON.stringify({ type: "chat", payload: { id, text } }));
  }

  close(): void {
    this.#socket.close();
  }
}

async function status(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

/** Every file in the folder but the executable and SQLite's companions of the database. */
async function filesMade(path = folder): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    const whole = `${path}/${entry.name}`;
    if (entry.isDirectory) found.push(...await filesMade(whole));
    else if (whole !== executable && !/\.db-[\w-]+$/.test(whole)) {
      found.push(whole.slice(folder.length + 1));
    }
  }
  return found;
}

try {
  const node = await address();
  const response = await fetch(node);
  const assets = [...(await response.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)];
  const statuses = await Promise.all(assets.map(([, path]) => status(node + path)));

  const ann = new Peer(node, "ann");
  await ann.until("welcome");
  const ben = new Peer(node, "ben");
  await ann.until("peer_joined");
  ann.say("m1", "Hello Ben");
  await Promise.all([ann.until("ack"), ben.until("chat")]);
  ben.say("m2", "Hello Ann");
  await Promise.all([ben.until("ack"), ann.until("chat")]);
  const history: { text: string }[] = await (await fetch(`${node}/history?room=lobby`)).json();
  console.log(JSON.stringify({
    pageStatus: response.status,
    assetStatuses: [...new Set(statuses)],
    heardByBen: ben.heard,
    heardByAnn: ann.heard,
    history: history.map(({ text }) => text),
    made: await filesMade(),
  }));
  ann.close();
  ben.close();
} finally {
  child.kill("SIGINT");
  await child.stdout.cancel();
  await child.status;
}
