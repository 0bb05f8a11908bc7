/** Every frame that a node takes from a member. `frame_codec.ts` parses them. */
import * as z from "zod/mini";
import { chatPayload, historyRequest } from "./messages.ts";
import { peerId } from "./names.ts";
import { pathReport } from "./paths.ts";
import { pingPayload } from "./presence.ts";
import { nodeSignalPayload, passedCandidate, passedDescription } from "./signaling.ts";

/** Frame types that a node passes to `target_peer_id`, or to everyone else in the room. */
export const PASSED_ON_TYPES = ["offer", "answer", "ice", "typing", "relay", "receipt"] as const;

const target = { target_peer_id: z.optional(peerId) };
const passedOn = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["offer", "answer"]), payload: passedDescription, ...target }),
  z.object({
    type: z.literal("ice"),
    payload: z.optional(z.nullable(passedCandidate)),
    ...target,
  }),
  z.object({
    type: z.enum(["typing", "relay", "receipt"]),
    payload: z.optional(z.unknown()),
    ...target,
  }),
]);

/** Every frame that a node takes from a member. */
export const memberFrame = z.discriminatedUnion("type", [
  ...passedOn.def.options,
  z.object({ type: z.literal("chat"), payload: chatPayload }),
  z.object({ type: z.literal("history"), payload: historyRequest }),
  z.object({ type: z.literal("ping"), payload: z.optional(pingPayload) }),
  z.object({ type: z.literal("pong"), payload: z.optional(pingPayload) }),
  z.object({ type: z.literal("leave"), payload: z.optional(z.unknown()) }),
  z.object({ type: z.literal("node_signal"), payload: nodeSignalPayload }),
  z.object({ type: z.literal("path_report"), payload: pathReport }),
]);
export type MemberFrame = z.infer<typeof memberFrame>;
export type PassedOnFrame = z.infer<typeof passedOn>;

/** The types of all member frames. */
export const memberFrameTypes: ReadonlySet<string> = new Set(
  memberFrame.def.options.flatMap(({ shape: { type } }): readonly string[] =>
    type.def.type === "literal" ? type.def.values : Object.values(type.def.entries)
  ),
);
