/** Checks that pages of other sites, and other people, can't misuse a node. */
import assert from "node:assert/strict";
import { browserTest, useChromium } from "./browser.ts";
import type { NodeProcess } from "./node_process.ts";

useChromium();

/** A site other than the node, on its own port. */
class OtherSite implements AsyncDisposable {
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () =>
      new Response("<!DOCTYPE html><title>Other</title>", {
        headers: { "content-type": "text/html" },
      }),
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/**
 * Attacks a node's room `lobby` from a page of another site, and returns the outcomes. Runs in that
 * page.
 */
async function attack(node: string): Promise<Record<string, string>> {
  const outcome = (promise: Promise<unknown>) => promise.then(String, () => "refused");
  const message = JSON.stringify({ room: "lobby", peer_id: "eve", text: "from elsewhere" });
  const signal = `${node}/signal?room=lobby&peer_id=eve`;
  const read = async (url: string, init?: RequestInit) => (await fetch(url, init)).text();
  const socket = (url: string) =>
    new Promise((resolve, reject) => {
      const webSocket = new WebSocket(url.replace("http", "ws"));
      webSocket.onmessage = ({ data }) => resolve(data);
      webSocket.onclose = reject;
      webSocket.onopen = () =>
        webSocket.send(
          JSON.stringify({ type: "chat", payload: { id: "eve1", text: "from elsewhere" } }),
        );
    });
  const events = (url: string) =>
    new Promise((resolve, reject) => {
      const source = new EventSource(url);
      source.onmessage = ({ data }) => resolve(data);
      source.onerror = reject;
    });
  const plain = { method: "POST", body: message };
  const typed = { ...plain, headers: { "content-type": "application/json" } };
  const form = document.createElement("form");
  form.method = "POST";
  form.action = `${node}/send`;
  form.enctype = "text/plain";
  const frame = document.createElement("iframe");
  frame.name = form.target = "hidden";
  const field = document.createElement("input");
  field.name = message.replace("}", ', "x": "');
  field.value = '"}';
  form.append(field);
  document.body.append(frame, form);
  const answered = new Promise((resolve) => frame.onload = () => resolve("answered"));
  form.submit();
  await answered;
  return {
    history: await outcome(read(`${node}/history?room=lobby`)),
    poll: await outcome(read(signal)),
    send: await outcome(read(`${node}/send`, typed)),
    sendWithoutPreflight: await outcome(read(`${node}/send`, plain)),
    sendBlindly: await outcome(read(`${node}/send`, { ...plain, mode: "no-cors" })),
    socket: await outcome(socket(signal)),
    events: await outcome(events(`${node}/history?room=lobby`)),
    signal: await outcome(read(signal, { ...plain, body: '{"type":"typing"}' })),
  };
}

browserTest("a page on another origin can neither send nor listen", async ({ node, newPage }) => {
  await using site = new OtherSite();
  const ann = await newPage();
  await ann.joinRoom("/?room=lobby", "Ann");
  await ann.say("Only for us");
  await ann.untilState("Only for us", /^Stored/);

  const eve = await newPage();
  await eve.open(site.url);
  const outcomes = await eve.page.evaluate(attack, node.url);
  assert.deepEqual(outcomes, {
    history: "refused",
    poll: "refused",
    send: "refused",
    sendWithoutPreflight: "refused",
    sendBlindly: "refused",
    socket: "refused",
    events: "refused",
    signal: "refused",
  });
  await ann.say("Still only us");
  await ann.untilState("Still only us", /^Stored/);
  await ann.untilHere(1);
  assert.deepEqual(await ann.texts(), ["Only for us", "Still only us"]);
  const stored = await (await fetch(`${node.url}/history?room=lobby`)).json();
  assert.equal(stored.length, 2);
  eve.problems.length = 0;
});

browserTest(
  "a page on another origin cannot show the node inside of itself",
  async ({ node, newPage }) => {
    await using site = new OtherSite();
    const eve = await newPage();
    await eve.open(site.url);
    const isShown = await eve.page.evaluate(async (url) => {
      const frame = document.createElement("iframe");
      frame.src = url;
      const loaded = new Promise((resolve) => frame.onload = resolve);
      document.body.append(frame);
      await loaded;
      return frame.contentDocument !== null;
    }, node.url);
    const inside = eve.page.frames().find((frame) => frame !== eve.page.mainFrame());
    assert.equal(isShown, false);
    assert.equal(await inside?.getByRole("button", { name: "Start a room" }).count(), 0);
    eve.problems.length = 0;
  },
);

/** Sends one request byte by byte as given, and returns the first line of the answer. */
async function rawStatus(node: NodeProcess, lines: readonly string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: node.port });
  const request = new TextEncoder().encode([...lines, "Connection: close", "", ""].join("\r\n"));
  for (let done = 0; done < request.length;) done += await connection.write(request.subarray(done));
  const answer = new Uint8Array(4096);
  const count = await connection.read(answer) ?? 0;
  return new TextDecoder().decode(answer.subarray(0, count)).split("\r\n")[0]!;
}

browserTest("a name that was rebound to the node's address is refused", async ({ node }) => {
  const upgrade = [
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  ];
  const status = (target: string, host: string, ...more: string[]) =>
    rawStatus(node, [`GET ${target} HTTP/1.1`, `Host: ${host}`, ...more]);
  for (const target of ["/", "/history?room=lobby", "/signal?room=lobby&peer_id=eve"]) {
    assert.match(await status(target, `evil.example:${node.port}`), / 403 /);
    assert.match(await status(target, "evil.example"), / 403 /);
    assert.match(await status(target, `127.0.0.1.evil.example:${node.port}`), / 403 /);
  }
  const rebound = await status(
    "/signal?room=lobby&peer_id=eve",
    `evil.example:${node.port}`,
    ...upgrade,
  );
  assert.match(rebound, / 403 /);
  assert.match(await status("/history?room=lobby", `127.0.0.1:${node.port}`), / 200 /);
  assert.match(await status("/history?room=lobby", `localhost:${node.port}`), / 200 /);
});

browserTest("nobody can take the peer id of somebody who is here", async ({ node, newPage }) => {
  const ann = await newPage();
  await ann.joinRoom("/?room=lobby", "Ann");
  const annId = await ann.peerId();
  const link = `/?room=lobby&peer_id=${encodeURIComponent(annId)}`;

  const eve = await newPage();
  await eve.open(link);
  await eve.banner.getByText(/somebody else is using that peer id/).waitFor();
  await eve.say("I am Ann");

  const send = await fetch(`${node.url}/send`, {
    method: "POST",
    body: JSON.stringify({ room: "lobby", peer_id: annId, text: "I am Ann, too" }),
  });
  assert.equal(send.status, 409);
  assert.equal((await send.json()).error.code, "peer-id-taken");
  const poll = await fetch(`${node.url}/signal?room=lobby&peer_id=${annId}&token=0123456789abcdef`);
  assert.equal(poll.ok, false);
  await poll.body?.cancel();

  await ann.say("I am");
  await ann.untilState("I am", /^Stored/);
  await ann.untilHere(1);
  assert.deepEqual(await ann.texts(), ["I am"]);
}, { cutsNetwork: true });
