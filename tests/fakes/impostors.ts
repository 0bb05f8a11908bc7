/** Members that take the id or the instance of another member. */
import { ROOM, type Tab, type TabOptions, World } from "./session_world.ts";
import type { PeerId } from "../../transport/protocol/mod.ts";
import type { Path } from "../../transport/transport.ts";

/**
 * Opens Ann and Bob with a direct path, and returns the peer id and instance by which the room knows
 * Bob.
 */
export async function connected(options: TabOptions = {}) {
  const world = new World();
  const [ann, bob] = [world.open("Ann", options), world.open("Bob", options)];
  await world.clock.advance(2_000);
  for (const tab of [ann, bob]) tab.events.length = 0;
  return { world, ann, bob, peerId: bob.session.peerId, instance: instanceOf(world, bob) };
}

/** The instance of a tab's page, as everyone in the room knows it. */
export function instanceOf(world: World, tab: Tab): string {
  return world.node.room(ROOM)!.member(tab.session.peerId)!.instance;
}

/** Joins as a member without a session. */
export async function joinAs(
  world: World,
  { peerId, instance, onFrame, token = "0123456789abcdef-mallory" }: {
    peerId: PeerId;
    instance: string;
    onFrame: (text: string) => void;
    token?: string;
  },
): Promise<Path> {
  const target = { nodeUrl: "http://node", room: ROOM, peerId, instance, name: "Mallory" };
  const handlers = { onFrame, onClose() {} };
  const signal = new AbortController().signal;
  const dialling = world.network.transport("websocket").dial({ ...target, token }, handlers, {
    signal,
  });
  await world.clock.advance(100);
  return await dialling;
}
