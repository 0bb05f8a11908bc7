import assert from "node:assert/strict";
import {
  addMapping,
  type NatBehaviour,
  natMapping,
  parseCandidate,
  scopeOf,
  type StunReport,
} from "../../../transport/doctor/ice_probe.ts";

const CANDIDATES: readonly [string, ReturnType<typeof parseCandidate>][] = [
  [
    "candidate:1 1 udp 1686052607 203.0.113.7 40001 typ srflx raddr 192.168.1.5 rport 5000",
    { type: "srflx", address: "203.0.113.7", port: 40001, base: "192.168.1.5:5000" },
  ],
  [
    "a=candidate:842163049 1 UDP 1677729535 2001:db8::7 40001 typ srflx raddr :: rport 0 generation 0",
    { type: "srflx", address: "2001:db8::7", port: 40001, base: "" },
  ],
  [
    "candidate:1 1 tcp 1518280447 5b3f0f1e.local 9 typ host tcptype active",
    { type: "host", address: "5b3f0f1e.local", port: 9, base: "" },
  ],
  ["", null],
  ["candidate:nonsense", null],
];

for (const [text, expected] of CANDIDATES) {
  Deno.test(`candidate "${text.slice(0, 60)}" is parsed`, () => {
    assert.deepEqual(parseCandidate(text), expected);
  });
}

const A = "stun:a.test:3478";
const A2 = "stun:a.test:3479";
const B = "stun:b.test:3478";

/**
 * A situation; the address at which each server saw one socket (null: this computer's own); the expected
 * NAT mapping; and second addresses.
 */
type Row = [
  string,
  Record<string, string | null>,
  NatBehaviour | null,
  { others: Record<string, string>; isPortDependent: boolean }?,
];
const SITUATIONS: readonly Row[] = [
  ["nothing answers", {}, null],
  ["servers see the computer's own address", { [A]: null, [B]: null }, "none"],
  ["one server is beyond the NAT", { [A]: "203.0.113.7:1" }, null],
  ["two ports of one server see one", { [A]: "203.0.113.7:1", [A2]: "203.0.113.7:1" }, null],
  [
    "two servers see one port",
    { [A]: "203.0.113.7:1", [B]: "203.0.113.7:1" },
    "endpoint-independent",
  ],
  [
    "two servers see two ports",
    { [A]: "203.0.113.7:1", [B]: "203.0.113.7:2" },
    "address-and-port-dependent",
  ],
  ["one server is before the NAT", { [A]: null, [B]: "203.0.113.7:1" }, null],
  ["one server is in the home network", { [A]: "192.168.1.5:9", [B]: "203.0.113.7:1" }, null],
  ["a server sees IPv4 and IPv6", { [A]: "203.0.113.7:1", [A2]: "2001:db8::7:1" }, null],
  ["one server sees IPv4, one IPv6", { [A]: "203.0.113.7:1", [B]: "2001:db8::7:1" }, null],
  [
    "a server's second address sees the same",
    { [A]: "203.0.113.7:1" },
    "endpoint-independent",
    { others: { [B]: "203.0.113.7:1" }, isPortDependent: false },
  ],
  [
    "a server's second address sees another port, on each of its own",
    { [A]: "203.0.113.7:1" },
    "address-dependent",
    { others: { [B]: "203.0.113.7:2" }, isPortDependent: false },
  ],
  [
    "each port of a server's second address sees another one",
    { [A]: "203.0.113.7:1" },
    "address-and-port-dependent",
    { others: { [B]: "203.0.113.7:2" }, isPortDependent: true },
  ],
];

for (const [situation, answers, expected, second] of SITUATIONS) {
  Deno.test(`NAT mapping when ${situation} is ${expected ?? "not known"}`, () => {
    const mappings = new Map<string, Set<string>>();
    const note = (server: string, text: string) => {
      const colon = text.lastIndexOf(":");
      const seen = { address: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
      addMapping(mappings, { socket: "", seen });
      return { server, seen };
    };
    const answered: StunReport["answered"] = Object.entries(answers).map(([server, text]) =>
      text === null ? { server, seen: null } : note(server, text)
    );
    const others = Object.entries(second?.others ?? {}).map(([server, text]) => note(server, text));
    const isPortDependent = second?.isPortDependent ?? null;
    const report = { answered, mappings, others, isPortDependent, filtering: null };
    assert.equal(natMapping(report), expected);
  });
}

for (
  const [address, scope] of [
    ["127.0.0.1", "loopback"],
    ["::1", "loopback"],
    ["10.1.2.3", "private"],
    ["172.16.0.1", "private"],
    ["172.32.0.1", "public"],
    ["192.168.0.1", "private"],
    ["100.64.0.1", "private"],
    ["100.128.0.1", "public"],
    ["fd00::1", "private"],
    ["fe80::1", "private"],
    ["2001:db8::1", "public"],
    ["203.0.113.7", "public"],
  ] as const
) {
  Deno.test(`${address} is ${scope}`, () => assert.equal(scopeOf(address), scope));
}
