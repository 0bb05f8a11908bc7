/**
 * Every frame that a session takes: from its node, or from a peer over a DataChannel. `frame_codec.ts`
 * parses them.
 */
import * as z from "zod/mini";
import { errorPayload } from "./error_codes.ts";
import { ackPayload, historyPage, receiptPayload, shownMessage } from "./messages.ts";
import { peerId } from "./names.ts";
import {
  peerInfo,
  peerLeftPayload,
  pingPayload,
  provePayload,
  typingPayload,
  welcomePayload,
} from "./presence.ts";
import {
  candidatePayload,
  descriptionPayload,
  iceServersPayload,
  nodeSignalPayload,
} from "./signaling.ts";

const from = { peer_id: peerId };
const passedOnShape = { ...from, target_peer_id: z.optional(peerId) };

/** Every frame that a session understands. It ignores all other types. */
export const peerFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("welcome"), payload: welcomePayload }),
  z.object({ type: z.literal("peer_joined"), ...from, payload: z.optional(peerInfo) }),
  z.object({ type: z.literal("peer_updated"), ...from, payload: peerInfo }),
  z.object({ type: z.literal("peer_left"), ...from, payload: z.optional(peerLeftPayload) }),
  z.object({ type: z.literal("chat"), ...from, payload: shownMessage }),
  z.object({ type: z.literal("ack"), payload: ackPayload }),
  z.object({ type: z.literal("history"), payload: historyPage }),
  z.object({ type: z.literal("error"), payload: errorPayload }),
  z.object({ type: z.literal("ice_servers"), payload: iceServersPayload }),
  z.object({ type: z.literal("node_signal"), payload: nodeSignalPayload }),
  z.object({ type: z.literal("ping"), payload: z.optional(pingPayload) }),
  z.object({ type: z.literal("pong"), payload: z.optional(pingPayload) }),
  z.object({ type: z.literal("prove"), ...from, payload: provePayload }),
  z.object({ type: z.literal("offer"), ...passedOnShape, payload: descriptionPayload }),
  z.object({ type: z.literal("answer"), ...passedOnShape, payload: descriptionPayload }),
  z.object({ type: z.literal("ice"), ...passedOnShape, payload: candidatePayload }),
  z.object({ type: z.literal("typing"), ...passedOnShape, payload: typingPayload }),
  z.object({ type: z.literal("receipt"), ...passedOnShape, payload: receiptPayload }),
  z.object({ type: z.literal("relay"), ...passedOnShape, payload: z.optional(z.unknown()) }),
]);
export type PeerFrame = z.infer<typeof peerFrame>;
export type PeerFrameOf<T extends PeerFrame["type"]> = Extract<PeerFrame, { type: T }>;

/** The types of all peer frames. */
export const peerFrameTypes: ReadonlySet<string> = new Set(
  peerFrame.def.options.map((option) => option.shape.type.def.values[0] as string),
);
