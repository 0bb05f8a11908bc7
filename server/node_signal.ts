/** `node_signal`: a member negotiates a DataChannel with its node, and moves to it when it is open. */
import { encodeFrame, type NodeSignal } from "../transport/protocol.ts";
import { iceServers } from "./ice_servers.ts";
import type { FrameContext } from "./room_frames.ts";
import type { EndpointLink } from "./webrtc_endpoint.ts";

/** What a member is negotiating, or is on: its own name for it, and the endpoint's. */
export interface Negotiation {
  readonly name: string;
  readonly id: number;
}

/** Takes one signal of a member's. */
export function takeNodeSignal(at: FrameContext, { link: name, signal }: NodeSignal): void {
  const { parts, member } = at;
  const { endpoint, settings, clock } = parts;
  if (endpoint === null) return;
  if (member.negotiation?.name !== name) {
    // A candidate of a connection that was given up.
    if (signal.type !== "offer") return;
    begin(at, name);
  }
  if (member.negotiation !== null) {
    endpoint.signal(member.negotiation.id, signal, iceServers(settings, "node", clock.epochMs()));
  }
}

function begin(at: FrameContext, name: string): void {
  const { parts: { endpoint }, rooms, room, member } = at;
  if (endpoint === null) return;
  const isUnused = member.negotiation !== null && member.link?.tier.startsWith("webrtc") !== true;
  if (isUnused && member.negotiation !== null) endpoint.end(member.negotiation.id);
  let opened: EndpointLink | null = null;
  const id = endpoint.begin({
    onSignal: (signal) => {
      member.deliver(encodeFrame({ type: "node_signal", payload: { link: name, signal } }));
    },
    onOpen: (link) => {
      const { peerId, name, token, instance, protocol, strategy } = member;
      if (room.member(peerId) !== member) return link.moveOn();
      opened = link;
      const query = { room: room.name, peer_id: peerId, name, token, instance, strategy };
      rooms.join({ ...query, protocol: String(protocol) }, link);
    },
    onFrame: (text) => {
      if (opened !== null && member.link === opened) at.takeText(text);
    },
    onDrained: () => room.resume(member),
    onClose: () => {
      if (opened !== null) room.onLinkClosed(member, opened, 1006);
    },
  });
  member.negotiation = id === null ? null : { name, id };
}
