/**
 * The client for which a proxy asks, found despite the entries that the client itself wrote before the
 * proxy's.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { TrustedProxies } from "../../../server/connections/forwarded.ts";
import { fromRight } from "../../../server/connections/forwarded_fields.ts";
import { isAddressBlock } from "../../../server/ip_address.ts";

const proxies = new TrustedProxies(["127.0.0.1", "::1", "10.0.0.0/8", "fd00::/8"]);

function addressOf(headers: Record<string, string>): string {
  return proxies.read(new Headers(headers), "127.0.0.1").address;
}

const byList = (list: string) => addressOf({ "x-forwarded-for": list });
const byForwarded = (list: string) => addressOf({ forwarded: list });

function originOf(headers: Record<string, string>) {
  const { scheme, host } = proxies.read(new Headers(headers), "127.0.0.1");
  return { scheme, host };
}

Deno.test("a proxy is trusted by its address or its block, however the address is written", () => {
  for (const address of ["127.0.0.1", "::ffff:127.0.0.1", "::1", "10.9.8.7", "fd12::3"]) {
    assert(proxies.has(address), address);
  }
  assert(proxies.has("::ffff:a01:203"), "10.1.2.3 in hexadecimal");
  for (const address of ["127.0.0.2", "11.0.0.1", "::2", "fe80::1%eth0", "::ffff:11.0.0.1", ""]) {
    assert(!proxies.has(address), address);
  }
  const mapped = new TrustedProxies(["::ffff:192.0.2.1"]);
  assert(mapped.has("192.0.2.1") && mapped.has("::ffff:192.0.2.1"));
});

Deno.test("a block has an address and at most as many bits", () => {
  for (const block of ["1.2.3.4", "::1", "0.0.0.0/0", "10.1.2.3/32", "::/0", "2001:db8::/128"]) {
    assert(isAddressBlock(block), block);
    new TrustedProxies([block]);
  }
  const bad = [
    "",
    "nginx",
    "1.2.3",
    "1.2.3.4/33",
    "1.2.3.4/",
    "::1/129",
    "1.2.3.4/8/8",
    "1.2.3.4:80",
  ];
  for (const block of [...bad, "[::1]", "fe80::1%eth0", "::ffff:10.0.0.0/104", "10.0.0.0/-1"]) {
    assert(!isAddressBlock(block), block);
  }
});

Deno.test("the client is the first from the right that is no trusted proxy", () => {
  assert.equal(byList("192.0.2.7"), "192.0.2.7");
  assert.equal(byList("192.0.2.7, 10.0.0.1, 10.0.0.2"), "192.0.2.7");
  assert.equal(byList("6.6.6.6, 192.0.2.7, 10.0.0.1"), "192.0.2.7", "what it sent itself");
  assert.equal(byList("6.6.6.6,192.0.2.7"), "192.0.2.7");
  assert.equal(byList("10.0.0.3, 10.0.0.2"), "10.0.0.3", "a proxy that asks for itself");
  assert.equal(addressOf({}), "127.0.0.1", "a proxy that says nothing");
});

Deno.test("ports, brackets, zones and IPv4 in IPv6 don't make another address", () => {
  assert.equal(byList("192.0.2.7:4711"), "192.0.2.7");
  assert.equal(byList("[2001:db8::1]:4711"), "2001:db8::1");
  assert.equal(byList("[2001:db8::1]"), "2001:db8::1");
  assert.equal(byList("2001:db8::1"), "2001:db8::1");
  assert.equal(byList("::ffff:192.0.2.7"), "192.0.2.7");
  assert.equal(byList("::FFFF:C000:207"), "192.0.2.7");
  assert.equal(byList("fe80::1%eth0"), "fe80::1");
});

Deno.test("what is no address ends the walk at the last one that was", () => {
  for (const bad of ["unknown", "_hidden", "", "1.2.3", "1.2.3.4:x", "[::1", "localhost", '"']) {
    assert.equal(byList(`6.6.6.6, ${bad}, 10.0.0.1`), "10.0.0.1", bad);
    assert.equal(byList(bad), "127.0.0.1", bad);
  }
});

Deno.test("Forwarded says the same in its own way", () => {
  assert.equal(byForwarded("for=192.0.2.7"), "192.0.2.7");
  assert.equal(byForwarded('For="[2001:db8::1]:4711";proto=https'), "2001:db8::1");
  assert.equal(byForwarded('for="192.0.2.7:_port" ; by=10.0.0.1'), "192.0.2.7");
  assert.equal(byForwarded("for=6.6.6.6, for=192.0.2.7;host=a, for=10.0.0.2"), "192.0.2.7");
  for (const bad of ["for=unknown", "for=_hidden", "for", "for=1;for=2", "by=x", 'for="1.2.3.4']) {
    assert.equal(byForwarded(`for=6.6.6.6, ${bad}, for=10.0.0.1`), "10.0.0.1", bad);
  }
});

Deno.test("a quote that a client opens swallows nothing of what its proxy says", () => {
  for (const forged of ['for="', 'x="\\', 'for=6.6.6.6;x="', '"', 'for="6.6.6.6\\"']) {
    assert.equal(byForwarded(`${forged}, for=192.0.2.7`), "192.0.2.7", forged);
    assert.equal(byForwarded(`${forged}, for="[2001:db8::1]"`), "2001:db8::1", forged);
    const host = '"a, for=6.6.6.6\\", b"';
    assert.equal(byForwarded(`${forged}, for=192.0.2.7;host=${host}`), "192.0.2.7", forged);
  }
});

Deno.test("whatever stands before it, what the trusted proxy wrote is what counts", () => {
  fc.assert(fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
    const forged = text.replaceAll(/[^\x20-\x7e]/g, "");
    assert.equal(byList(`${forged}, 192.0.2.7`), "192.0.2.7");
    assert.equal(byForwarded(`${forged}, for="192.0.2.7:80"`), "192.0.2.7");
    assert.equal([...fromRight(`${forged}, a`)][0], "a");
  }));
});

Deno.test("where a proxy writes X-Forwarded-For, a Forwarded of its client's does not count", () => {
  const forwarded = "for=6.6.6.6;host=evil.example";
  const headers = { "x-forwarded-for": "192.0.2.7", forwarded };
  assert.equal(addressOf(headers), "192.0.2.7");
  assert.deepEqual(originOf(headers), { scheme: null, host: null });
});

Deno.test("scheme and host are those that the client used", () => {
  const lists = (host: string, proto: string, addresses = "192.0.2.7") =>
    originOf({
      "x-forwarded-host": host,
      "x-forwarded-proto": proto,
      "x-forwarded-for": addresses,
    });
  const chat = { scheme: "https", host: "chat.example" };
  assert.deepEqual(lists("chat.example", "https"), chat);
  assert.deepEqual(lists("Chat.Example:443", "HTTPS"), chat, "the scheme's own port");
  assert.deepEqual(lists("chat.example", "wss"), chat, "a WebSocket's");
  assert.deepEqual(lists("chat.example:8443", "https").host, "chat.example:8443");
  assert.deepEqual(lists("[2001:db8::1]:80", "http").host, "[2001:db8::1]");
  assert.deepEqual(
    lists("evil.example, chat.example", "http, https"),
    chat,
    "what its client sent",
  );
  const twoHops = "6.6.6.6, 192.0.2.7, 10.0.0.1";
  assert.deepEqual(lists("evil.example, chat.example, inner", "x, https, http", twoHops), chat);
  assert.deepEqual(lists("chat.example", "https", twoHops), chat, "each replaces the last one's");
  for (const bad of ["", "a b", "a/b", "a;b", "a@b", "a:b", "[::1", "a:99999", 'a"']) {
    assert.deepEqual(lists(bad, "ftp"), { scheme: null, host: null }, bad);
  }
  assert.deepEqual(originOf({}), { scheme: null, host: null });
  const inner = 'for=10.0.0.1;host="inner:80";proto=http';
  const forwarded = `host=evil.example, for=192.0.2.7;host="chat.example";proto=https, ${inner}`;
  assert.deepEqual(originOf({ forwarded }), chat);
  const silent =
    "for=6.6.6.6;host=evil.example;proto=http, for=_hidden;host=chat.example;proto=https";
  assert.deepEqual(originOf({ forwarded: silent }), chat, "a client that is not told");
});
