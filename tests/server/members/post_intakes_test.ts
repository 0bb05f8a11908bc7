import assert from "node:assert/strict";
import { PostIntakes } from "../../../server/members/post_intakes.ts";
import { RoomWorld } from "../rooms/room_world.ts";

Deno.test("a member that posts has one intake, until it comes from another address", async () => {
  const { parts, ...seats } = await start();
  const intakes = new PostIntakes();
  const of = ({ room, member }: typeof seats.ann, address: string) =>
    intakes.of({ parts, room, member, address });
  const first = of(seats.ann, "192.0.2.1");
  assert.equal(of(seats.ann, "192.0.2.1"), first);
  assert.notEqual(of(seats.bob, "192.0.2.1"), first);
  const moved = of(seats.ann, "192.0.2.2");
  assert.equal(moved.address, "192.0.2.2");
  assert.equal(of(seats.ann, "192.0.2.2"), moved);
});

async function start() {
  const world = await RoomWorld.create();
  return { parts: world.parts, ...world.joinAll("ann", "bob") };
}
