import assert from "node:assert/strict";
import { memoryWorld } from "../../fakes/connections.ts";
import { Connection, type ConnectionOrigin } from "../../../transport/mesh/connection.ts";
import { DirectPath } from "../../../transport/mesh/direct_path.ts";
import type { DirectConnection } from "../../../transport/mesh/direct_connection.ts";
import type { Tier } from "../../../transport/protocol/mod.ts";

/** An open connection that notes the frames on it. */
function openConnection(
  { tier = "webrtc-stun", ...origin }: Partial<ConnectionOrigin> & { tier?: Tier } = {},
) {
  const sent: string[] = [];
  let isOpen = true;
  const direct: DirectConnection = {
    get isOpen() {
      return isOpen;
    },
    canRestart: true,
    gathered: new Set<string>(),
    offer() {},
    signal() {},
    send: (text) => isOpen && sent.push(text) > 0,
    close: () => void (isOpen = false),
  };
  const ends = { localId: "ann.2", remoteId: "bob.5", offeredAtMs: 0, ...origin };
  const connection = new Connection(ends, () => direct);
  connection.tier = tier;
  return { connection, sent };
}

Deno.test("connection tells by its ends which answers and candidates are for it", () => {
  const { connection: known } = openConnection();
  const { connection: unanswered } = openConnection({ remoteId: null });
  const table = [
    [known, { from: "bob.5", to: "ann.2" }, true],
    [known, { from: "bob.5", to: "ann" }, true],
    [known, { from: "bob.4", to: "ann.2" }, false],
    [known, { from: "bob.5", to: "ann.1" }, false],
    [known, {}, true],
    [unanswered, { from: "bob.5", to: "ann.2" }, true],
    [unanswered, { from: "bob.5", to: "ann" }, false],
  ] as const;
  for (const [connection, ends, isFor] of table) {
    assert.equal(connection.isAddressedBy(ends, "ann"), isFor, JSON.stringify(ends));
  }
});

Deno.test("connection is negotiated anew by an offer that names both of its ends", () => {
  const { connection } = openConnection();
  assert.ok(connection.isRenegotiatedBy({ from: "bob.5", to: "ann.2" }));
  assert.ok(!connection.isRenegotiatedBy({ from: "bob.6", to: "ann.2" }));
  assert.ok(!connection.isRenegotiatedBy({ from: "bob.5" }));
});

Deno.test("connection takes over from one of a lower tier, or in doubt, and from none as good", () => {
  const { connection: direct } = openConnection();
  const { connection: relayed } = openConnection({ tier: "webrtc-turn" });
  const { connection: another } = openConnection();
  assert.ok(direct.isBetterThan(null));
  assert.ok(direct.isBetterThan(relayed));
  assert.ok(!relayed.isBetterThan(direct));
  assert.ok(!another.isBetterThan(direct));
  direct.ping(0);
  assert.ok(another.isBetterThan(direct));
  direct.direct.close();
  assert.ok(relayed.isBetterThan(direct));
});

Deno.test("direct path closes a replaced connection a second later, and the one before at once", async () => {
  const { clock } = memoryWorld();
  const path = new DirectPath(clock);
  const [first, second, third] = [openConnection(), openConnection(), openConnection()];
  path.use(first.connection);
  path.use(second.connection);
  await clock.advance(900);
  assert.ok(first.connection.isOpen);
  path.use(third.connection);
  assert.ok(!first.connection.isOpen);
  await clock.advance(900);
  assert.ok(second.connection.isOpen);
  await clock.advance(200);
  assert.deepEqual([second.connection.isOpen, third.connection.isOpen], [false, true]);
  path.close();
  assert.ok(!third.connection.isOpen);
  assert.equal(clock.pending, 0);
});

Deno.test("direct path sends a probe on a new connection, as its first frame", () => {
  const { clock } = memoryWorld();
  const path = new DirectPath(clock);
  const { connection, sent } = openConnection();
  assert.equal(path.send("too early"), false);
  path.use(connection);
  assert.ok(path.send("later"));
  assert.deepEqual(sent, ['{"type":"ping","payload":{"t":0}}', "later"]);
  assert.deepEqual(path.state, { tier: "webrtc-stun", isAlive: true, rttMs: null });
  path.closeActive();
  assert.equal(path.state, null);
});
