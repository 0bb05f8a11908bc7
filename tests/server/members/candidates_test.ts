import assert from "node:assert/strict";
import fc from "fast-check";
import { checkableCandidate } from "../../../server/members/candidates.ts";

const candidate = (address: string, port: number | string = 50_000, transport = "udp") =>
  `candidate:1 1 ${transport} 2113937151 ${address} ${port} typ host`;

const PUBLIC = "198.51.100.7";
const PRIVATE = ["10.1.2.3", "172.31.0.1", "192.168.1.5", "100.64.0.9", "fd12::1", "fc00::2"];
const LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1"];

/** Addresses where no member can be. */
const NOWHERE = [
  ...["0.0.0.0", "0.1.2.3", "169.254.1.1", "224.0.0.251", "239.255.255.250", "240.0.0.1"],
  ...["255.255.255.255", "::", "fe80::1", "fe80::1%eth0", "2001:db8::1%eth0", "ff02::fb"],
  ...["fec0::1", "::10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::", "2001:0:1::1"],
  ...["8.8.8", "010.0.0.1", "0x7f000001", "2130706433", "localhost", "example.org", "a.local", ""],
];

Deno.test("a candidate with a public address is checked for anyone", () => {
  for (const address of ["203.0.113.5", "8.8.8.8", "2001:db8::1", "2a01:4f8::2"]) {
    for (const from of [PUBLIC, "2001:db8::7", "unknown", ...PRIVATE, ...LOOPBACK]) {
      assert.equal(checkableCandidate(candidate(address), from), candidate(address));
    }
  }
});

Deno.test("a private or loopback candidate is checked for a member that comes from such", () => {
  for (const address of PRIVATE) {
    for (const from of PRIVATE) assert.ok(checkableCandidate(candidate(address), from), address);
    for (const from of [PUBLIC, "unknown", ...LOOPBACK]) {
      assert.equal(checkableCandidate(candidate(address), from), null, `${address} for ${from}`);
    }
  }
  for (const address of LOOPBACK) {
    for (const from of LOOPBACK) assert.ok(checkableCandidate(candidate(address), from), address);
    for (const from of [PUBLIC, "unknown", ...PRIVATE]) {
      assert.equal(checkableCandidate(candidate(address), from), null, `${address} for ${from}`);
    }
  }
});

Deno.test("IPv4 within IPv6 counts as what it stands for", () => {
  const lan = candidate("192.168.1.5");
  assert.equal(checkableCandidate(lan, "::ffff:192.168.1.9"), lan);
  for (const address of ["::ffff:192.168.1.5", "::ffff:c0a8:105", "::ffff:127.0.0.1"]) {
    assert.equal(checkableCandidate(candidate(address), PUBLIC), null, address);
  }
  for (const address of ["::ffff:169.254.1.1", "::ffff:255.255.255.255", "::ffff:0.0.0.0"]) {
    assert.equal(checkableCandidate(candidate(address), "127.0.0.1"), null, address);
  }
});

Deno.test("a candidate that leads nowhere, to a service or by TCP is checked for nobody", () => {
  for (const from of [PUBLIC, "unknown", ...PRIVATE, ...LOOPBACK]) {
    for (const address of NOWHERE) {
      assert.equal(checkableCandidate(candidate(address), from), null, `${address} for ${from}`);
    }
    for (const port of [0, 53, 123, 1023, 65_536, 99_999, "+2000", "0x1f90", "2e3", ""]) {
      assert.equal(checkableCandidate(candidate("8.8.8.8", port), from), null, `port ${port}`);
    }
    assert.equal(checkableCandidate(candidate("8.8.8.8", 50_000, "tcp"), from), null);
  }
});

Deno.test("what is checked reads the same for every parser, whatever came", () => {
  const spaced = ` candidate:1  1\tudp\n2113937151 8.8.8.8   50000 typ host `;
  assert.equal(checkableCandidate(spaced, PUBLIC), candidate("8.8.8.8"));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const checked = checkableCandidate(text, PUBLIC);
    assert.ok(checked === null || /^\S+( \S+)*$/.test(checked));
  }));
});
