/** The identity of a session, over reloads, links and takeovers. */
import assert from "node:assert/strict";
import { memoryStore, scopedStore } from "../../../transport/key_value_store.ts";
import { randomHex } from "../../../transport/random_ids.ts";
import { Identity } from "../../../transport/session/identity.ts";
import { isName, joinQuery, type PeerId } from "../../../transport/protocol/mod.ts";

function stores() {
  return { tab: memoryStore(), device: memoryStore() };
}

const wanted = "ada" as PeerId;

Deno.test("a new page gets a peer id and a token that a node takes", () => {
  const { peerId, token } = new Identity(stores());
  assert.ok(isName(peerId));
  assert.ok(joinQuery.safeParse({ room: "r", peer_id: peerId, token }).success);
});

Deno.test("a reload keeps peer id and token", () => {
  const kept = stores();
  const before = new Identity(kept);
  const after = new Identity(kept);
  assert.deepEqual([after.peerId, after.token], [before.peerId, before.token]);
});

Deno.test("two pages of one device are two peers, each with its own token", () => {
  const device = memoryStore();
  const one = new Identity({ tab: memoryStore(), device });
  const two = new Identity({ tab: memoryStore(), device });
  assert.notEqual(one.peerId, two.peerId);
  assert.notEqual(one.token, two.token);
});

Deno.test("a link's peer id is taken, and kept with its token over a reload", () => {
  const kept = stores();
  const before = new Identity(kept, wanted);
  assert.equal(before.peerId, wanted);
  assert.equal(new Identity(kept, wanted).token, before.token);
});

Deno.test("a link with another peer id is another peer with a new token", () => {
  const kept = stores();
  const before = new Identity(kept, wanted);
  const after = new Identity(kept, "bob" as PeerId);
  assert.equal(after.peerId, "bob");
  assert.notEqual(after.token, before.token);
});

Deno.test("renewing makes a new peer with a new token, for later reloads too", () => {
  const kept = stores();
  const identity = new Identity(kept);
  const { peerId, token } = identity;
  identity.renew();
  assert.notEqual(identity.peerId, peerId);
  assert.notEqual(identity.token, token);
  assert.equal(new Identity(kept).peerId, identity.peerId);
});

Deno.test("what was written as an earlier peer id is still one's own", () => {
  const kept = stores();
  const identity = new Identity(kept);
  const earlier = identity.peerId;
  identity.renew();
  assert.ok(identity.isOwn(earlier) && identity.isOwn(identity.peerId));
  assert.ok(new Identity({ tab: memoryStore(), device: kept.device }).isOwn(earlier));
  assert.equal(identity.isOwn("stranger" as PeerId), false);
});

Deno.test("a device remembers its last hundred peer ids", () => {
  const device = memoryStore();
  const ids = Array.from(
    { length: 101 },
    () => new Identity({ tab: memoryStore(), device }).peerId,
  );
  const latest = new Identity({ tab: memoryStore(), device });
  assert.equal(latest.isOwn(ids[0] as PeerId), false);
  assert.equal(latest.isOwn(ids[100] as PeerId), true);
  assert.equal(JSON.parse(device.get("own") as string).length, 100);
});

for (const broken of ["", "{", "null", "[]", '{"peer_id":""}', '{"peer_id":7,"token":"x"}']) {
  Deno.test(`a saved identity of ${JSON.stringify(broken)} is replaced by a new one`, () => {
    const kept = stores();
    kept.tab.set("identity", broken);
    kept.device.set("own", broken);
    const identity = new Identity(kept);
    assert.ok(isName(identity.peerId));
    assert.equal(new Identity(kept).peerId, identity.peerId);
  });
}

Deno.test("randomHex is two digits a byte, and never the same twice", () => {
  const drawn = new Set(Array.from({ length: 200 }, () => randomHex(16)));
  assert.equal(drawn.size, 200);
  for (const hex of drawn) assert.match(hex, /^[0-9a-f]{32}$/);
});

Deno.test("scoped stores share a store without seeing each other's keys", () => {
  const shared = memoryStore();
  const kitchen = scopedStore(shared, "room:kitchen:");
  const garden = scopedStore(shared, "room:garden:");
  kitchen.set("identity", "k");
  garden.set("identity", "g");
  garden.set("outbox:1", "x");
  assert.equal(kitchen.get("identity"), "k");
  assert.deepEqual(kitchen.keys(), ["identity"]);
  assert.deepEqual(garden.keys().sort(), ["identity", "outbox:1"]);
  garden.delete("identity");
  assert.equal(kitchen.get("identity"), "k");
  assert.equal(garden.get("identity"), null);
});
