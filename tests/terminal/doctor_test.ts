import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { parseCommand } from "../../server/mod.ts";
import { answerBinding } from "../../server/ice/stun_answer.ts";
import { natMapping } from "../../transport/doctor/ice_probe.ts";
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

interface StunFixture {
  /** Which changes of address and port (RFC 5780 section 7.2) get an answer; default: none. */
  readonly passes?: readonly number[];
  /** How many requests are lost before the first that is answered. */
  readonly loses?: number;
  /**
   * The port that the server sees at each of its places: by its address (0 or 1), then by its port (0
   * or 1).
   */
  readonly seenPorts?: readonly [readonly number[], readonly number[]];
}

/** A server of RFC 5780, which sees us as `203.0.113.7`; with `seenPorts` on two addresses. */
async function stunServer({ passes = [], loses = 0, seenPorts }: StunFixture) {
  let toLose = loses;
  const hosts = seenPorts === undefined ? ["127.0.0.1"] : ["127.0.0.1", "127.0.0.2"];
  const bind = async (port: number, host: string) => {
    const socket = createSocket("udp4");
    socket.bind(port, host);
    await once(socket, "listening");
    return socket;
  };
  const places = [[await bind(0, "127.0.0.1"), await bind(0, "127.0.0.1")]];
  const ports = places[0]!.map((socket) => socket.address().port);
  for (const host of hosts.slice(1)) {
    places.push(await Promise.all(ports.map((port) => bind(port, host))));
  }
  const lastByte = hosts.length;
  const other = [0x80, 0x2c, 0, 8, 0, 1, ports[1]! >> 8, ports[1]! & 0xff, 127, 0, 0, lastByte];
  for (const [a, sockets] of places.entries()) {
    for (const [p, socket] of sockets.entries()) {
      socket.on("message", (request, { address, port }) => {
        const change = request.length > 20 ? request[27]! : 0;
        if (toLose-- > 0) return;
        if (change !== 0 && !passes.includes(change)) return;
        const plain = Uint8Array.from(request.subarray(0, 20));
        plain[3] = 0;
        const seen = { address: "203.0.113.7", port: seenPorts?.[a as 0 | 1][p] ?? 40_000 };
        const told = Uint8Array.of(...answerBinding(plain, seen)!, ...other);
        told[3] = told.length - 20;
        sockets[change === 0 ? p : 1]!.send(told, port, address);
      });
    }
  }
  return {
    url: `stun:127.0.0.1:${ports[0]}`,
    [Symbol.dispose]: () => places.flat().forEach((socket) => socket.close()),
  };
}

const { signal } = new AbortController();

for (
  const [passes, filtering] of [
    [[2, 6], "endpoint-independent"],
    [[2], "address-dependent"],
    [[], "address-and-port-dependent"],
  ] as const
) {
  Deno.test(`the terminal tells ${filtering} filtering by RFC 5780`, async () => {
    using server = await stunServer({ passes });
    const report = await probeStun([server.url], signal);
    assert.deepEqual(report.answered, [
      { server: server.url, seen: { address: "203.0.113.7", port: 40_000 } },
    ]);
    assert.equal(report.filtering, filtering);
  });
}

for (
  const [seenPorts, mapping] of [
    [[[1, 1], [1, 1]], "endpoint-independent"],
    [[[1, 1], [2, 2]], "address-dependent"],
    [[[1, 2], [3, 4]], "address-and-port-dependent"],
  ] as const
) {
  Deno.test({
    name: `the terminal tells ${mapping} mapping from one server with a second address`,
    // Other systems have only one loopback address by default.
    ignore: Deno.build.os !== "linux",
    async fn() {
      using server = await stunServer({ passes: [2, 6], seenPorts });
      assert.equal(natMapping(await probeStun([server.url], signal)), mapping);
    },
  });
}

Deno.test("the terminal names STUN servers in their order, whichever is first", async () => {
  using first = await stunServer({ passes: [2, 6], loses: 1 });
  using second = await stunServer({ passes: [2, 6] });
  const byName = first.url.replace("127.0.0.1", "localhost");
  const { answered } = await probeStun([byName, second.url], signal);
  assert.deepEqual(answered.map(({ server }) => server), [byName, second.url]);
});

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
  // Browsers and fetch refuse port 1 (tcpmux), so nothing answers there.
  const [code, lines] = await run("http://127.0.0.1:1");
  assert.equal(code, 1);
  assert.match(lines, /^blocked +The node +http:\/\/127\.0\.0\.1:1 does not answer$/m);
  assert.match(lines, /\nNo chat works between here and the node\.\n$/);
  assert.deepEqual(await run("nowhere"), [
    2,
    'doctor takes the address of a node, such as http://localhost:8080, not "nowhere"\n',
  ]);
});
