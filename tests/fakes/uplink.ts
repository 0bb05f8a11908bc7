/** An uplink on given transports with a record of its events, and the welcome of a node. */
import { seededRandom } from "./random.ts";
import type { JoinTarget } from "../../transport/uplink/join.ts";
import type { PeerFrame, PeerId, RoomName, Welcome } from "../../transport/protocol/mod.ts";
import type { Clock, Transport } from "../../transport/transport.ts";
import { Uplink } from "../../transport/uplink/uplink.ts";
import type { UplinkView } from "../../transport/view.ts";

export const TARGET: JoinTarget = {
  nodeUrl: "http://node",
  room: "lab" as RoomName,
  peerId: "ann" as PeerId,
  name: "Ann",
  token: "0123456789abcdef",
  instance: "page",
};

export const WELCOME: Welcome = {
  peer_id: TARGET.peerId,
  room: TARGET.room,
  token: TARGET.token,
  protocol: 1,
  peers: [],
  ice_servers: [],
  latest: 0,
  heartbeat_ms: 10_000,
  peer_timeout_ms: 15_000,
  limits: { text_bytes: 65_536, frame_chars: 262_144, peers_per_room: 256 },
  version: "test",
};

/** Starts an uplink, which looks for a path at once. */
export function startUplink(clock: Clock, transports: readonly Transport<JoinTarget>[]) {
  const views: UplinkView[] = [];
  const frames: PeerFrame[] = [];
  const counts = { welcomes: 0, replaced: 0 };
  const uplink = new Uplink({
    clock,
    random: seededRandom(1),
    transports: () => transports,
    target: () => TARGET,
    wantsNegotiated: () => true,
    handlers: {
      onWelcome: () => counts.welcomes++,
      onFrame: (frame) => frames.push(frame),
      onChange: (view) => views.push(view),
      onReplaced: () => counts.replaced++,
      onTaken: () => false,
    },
  });
  uplink.start();
  return { uplink, views, frames, counts };
}
