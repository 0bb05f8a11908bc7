import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { parseCommand } from "../../server/mod.ts";
import { answerBinding } from "../../server/stun.ts";
import { checkLines } from "../../ui/terminal/doctor.ts";
import { parseStunAnswer, probeStun } from "../../ui/terminal/stun_client.ts";

const check = { id: "udp", label: "UDP and STUN", detail: "No answer", help: "Allow UDP" } as const;

Deno.test("a check is one line, with what would help below it where something would", () => {
  assert.deepEqual(checkLines({ ...check, outcome: "blocked" }), [
    "blocked   UDP and STUN     No answer",
    "                           → Allow UDP",
  ]);
  assert.deepEqual(checkLines({ ...check, outcome: "ok" }), [
    "ok        UDP and STUN     No answer",
  ]);
});

Deno.test("the terminal reads what a STUN server answers, IPv4 and IPv6", () => {
  const request = new Uint8Array(20);
  new DataView(request.buffer).setUint16(0, 1);
  new DataView(request.buffer).setUint32(4, 0x2112a442);
  crypto.getRandomValues(request.subarray(8));
  for (
    const seen of [{ address: "203.0.113.7", port: 65535 }, { address: "2001:db8::7", port: 1 }]
  ) {
    assert.deepEqual(parseStunAnswer(answerBinding(request, seen)!)?.seen, seen);
  }
  assert.equal(parseStunAnswer(request), null);
  assert.equal(parseStunAnswer(new Uint8Array(3)), null);
});

/** A server with a second port (RFC 5780), which sees us as `203.0.113.7:40000`; `passes` is the NAT. */
async function twoPortServer(passes: (change: number) => boolean) {
  const sockets = [createSocket("udp4"), createSocket("udp4")] as const;
  for (const socket of sockets) {
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
  }
  sockets[0].on("message", (request, { address, port }) => {
    const change = request.length > 20 ? request[27]! : 0;
    if (!passes(change)) return;
    const plain = Uint8Array.from(request.subarray(0, 20));
    plain[3] = 0;
    const answer = answerBinding(plain, { address: "203.0.113.7", port: 40_000 })!;
    const other = [0x80, 0x2c, 0, 8, 0, 1, 0, 1, 203, 0, 113, 8];
    const told = Uint8Array.of(...answer, ...other);
    told[3] = told.length - 20;
    sockets[change === 0 ? 0 : 1].send(told, port, address);
  });
  const url = `stun:127.0.0.1:${sockets[0].address().port}`;
  return { url, [Symbol.dispose]: () => sockets.forEach((socket) => socket.close()) };
}

for (
  const [passed, filtering] of [
    [[0, 2, 6], "endpoint-independent"],
    [[0, 2], "address-dependent"],
    [[0], "address-and-port-dependent"],
  ] as const
) {
  Deno.test(`the terminal tells ${filtering} filtering by RFC 5780`, async () => {
    using server = await twoPortServer((change) => passed.some((value) => value === change));
    const report = await probeStun([server.url], new AbortController().signal);
    assert.deepEqual(report.answered, [
      { server: server.url, seen: { address: "203.0.113.7", port: 40_000 } },
    ]);
    assert.equal(report.filtering, filtering);
  });
}

function commandOf(...args: string[]): unknown {
  return parseCommand({ args, env: {}, dotEnv: {} });
}

Deno.test("doctor takes the address of a node, this machine's by default", () => {
  const local = { kind: "doctor", nodeUrl: "http://localhost:8080" };
  assert.deepEqual(commandOf("doctor"), local);
  assert.deepEqual(commandOf("doctor", "https://goat.test/?room=x"), {
    kind: "doctor",
    nodeUrl: "https://goat.test",
  });
  assert.deepEqual(commandOf("doctor", "--help"), { kind: "help" });
  for (const wrong of [["localhost:8080"], ["ftp://x"], ["http://a", "http://b"], ["--fast"]]) {
    assert.throws(() => commandOf("doctor", ...wrong), {
      code: "bad-request",
      message: /doctor takes/,
    });
  }
});

Deno.test("the program's exit code says whether a chat works, and that it was asked wrongly", async () => {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const run = async (url: string) => {
    const args = ["run", "-A", "--no-check", main, "doctor", url];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    return [code, new TextDecoder().decode(code === 2 ? stderr : stdout)] as const;
  };
  // Browsers and fetch refuse the port of tcpmux: nothing answers there.
  const [code, lines] = await run("http://127.0.0.1:1");
  assert.equal(code, 1);
  assert.match(lines, /^blocked +The node +http:\/\/127\.0\.0\.1:1 does not answer$/m);
  assert.match(lines, /\nNo chat works between here and the node\.\n$/);
  assert.deepEqual(await run("nowhere"), [
    2,
    'doctor takes the address of a node, such as http://localhost:8080, not "nowhere"\n',
  ]);
});
