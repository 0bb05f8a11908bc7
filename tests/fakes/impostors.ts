/** Ids and instances that others take, and who takes them. */
import { ROOM, type Tab, type TabOptions, World } from "./session_world.ts";
import type { PeerId } from "../../transport/protocol.ts";
import type { Path } from "../../transport/transport.ts";

/** Ann and Bob, who have a direct path, and what Bob is known by to everyone in the room. */
export async function connected(options: TabOptions = {}) {
  const world = new World();
  const [ann, bob] = [world.open("Ann", options), world.open("Bob", options)];
  await world.clock.advance(2_000);
  for (const tab of [ann, bob]) tab.events.length = 0;
  return { world, ann, bob, peerId: bob.session.peerId, instance: instanceOf(world, bob) };
}

/** What Bob's page is known by to everyone in the room. */
export function instanceOf(world: World, tab: Tab): string {
  return world.node.room(ROOM)!.member(tab.session.peerId)!.instance;
}

/** Joins as somebody whom no session plays. */
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
