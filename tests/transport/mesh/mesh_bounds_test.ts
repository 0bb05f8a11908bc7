/** Bounds on the connections that others can make a mesh open. */
import assert from "node:assert/strict";
import { memoryWorld, meshPair, peerInfo } from "../../fakes/connections.ts";
import { MESH_LIMIT } from "../../../transport/paths/neighbours.ts";
import type { PeerFrameOf, PeerInfo } from "../../../transport/protocol/mod.ts";

/** Two meshes. `made` returns the number of connections that they have made. */
function countedPair() {
  const { clock, network } = memoryWorld();
  let count = 0;
  const pair = meshPair({
    clock,
    createConnection: (options, handlers) => {
      count++;
      return network.createConnection(options, handlers);
    },
  });
  return { clock, ...pair, made: () => count };
}

/** The `n`th offer of a peer to Ann. */
function offer({ peer_id, instance }: PeerInfo, n: number): PeerFrameOf<"offer"> {
  const payload = { type: "offer", sdp: "x", from: `${instance}.${n}`, to: "ann-page" };
  return { type: "offer", peer_id, payload } as PeerFrameOf<"offer">;
}

Deno.test("mesh makes few connections for a peer that offers without end", async () => {
  const { clock, a, b, made, close } = countedPair();
  a.mesh.add(b.info);
  for (let n = 1; n <= 500; n++) a.mesh.onSignal(offer(b.info, n));
  assert.ok(made() > 1 && made() <= 20, `${made()} connections`);
  await clock.advance(2_000);
  const before = made();
  a.mesh.onSignal(offer(b.info, 501));
  assert.equal(made(), before + 1, "whoever offers now and then is heard");
  close();
});

Deno.test("mesh of a large room takes no offers but those of its neighbours", () => {
  const { a, made, close } = countedPair();
  const crowd = Array.from({ length: 200 }, (_, n) => peerInfo(`peer-${n}`));
  a.mesh.welcome(a.info.peer_id, crowd, []);
  assert.equal(made(), MESH_LIMIT);
  const far = crowd.filter(({ peer_id }) => a.mesh.reason(peer_id) === "mesh-full");
  assert.equal(far.length, crowd.length - MESH_LIMIT);
  for (const info of far) a.mesh.onSignal(offer(info, 1));
  assert.equal(made(), MESH_LIMIT);
  // When a room empties, the mesh meets nobody new.
  a.mesh.welcome(a.info.peer_id, [], []);
  assert.equal(made(), MESH_LIMIT);
  close();
});
