/**
 * Signaling: offers, answers and candidates between two peers, between a member and its node's own WebRTC
 * endpoint, and the ICE servers for both.
 */
import * as z from "zod/mini";
import { LIMITS } from "./limits.ts";

export const iceServer = z.object({
  urls: z.union([z.string(), z.array(z.string())]),
  username: z.optional(z.string()),
  credential: z.optional(z.string()),
});
/** An `RTCIceServer` as the wire carries it. */
export type IceServer = z.infer<typeof iceServer>;

/** Payload of `ice_servers`: replaces the list of `welcome` before its credentials expire. */
export const iceServersPayload = z.object({ ice_servers: z.array(iceServer) });

const iceCandidate = {
  candidate: z.optional(z.string().check(z.maxLength(LIMITS.candidateChars))),
  sdpMid: z.optional(z.nullable(z.string().check(z.maxLength(64)))),
  sdpMLineIndex: z.optional(z.nullable(z.number())),
  usernameFragment: z.optional(z.nullable(z.string().check(z.maxLength(256)))),
};
const sdp = z.string().check(z.maxLength(LIMITS.sdpChars));

/**
 * Payload of `offer` and `answer`: an `RTCSessionDescriptionInit`. `from` is the sender's connection
 * (`instance.n`). `to` is the target's connection, or only its instance while the connection is unknown: so a
 * reloaded page ignores signals that were meant for the page before. Older clients send neither.
 */
export const descriptionPayload = z.object({
  type: z.enum(["offer", "answer"]),
  sdp,
  from: z.optional(z.string()),
  to: z.optional(z.string()),
});

/** Payload of `ice`: an `RTCIceCandidateInit`, or no candidate at the end of gathering. */
export const candidatePayload = z.object({
  ...iceCandidate,
  from: z.optional(z.string()),
  to: z.optional(z.string()),
});

/**
 * Payload of `node_signal`: signaling between a member and its node's own WebRTC endpoint. `link` names the
 * connection. The member makes the name up, and the node answers under the same name.
 */
export const nodeSignalPayload = z.object({
  link: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  signal: z.discriminatedUnion("type", [
    z.object({ type: z.enum(["offer", "answer"]), sdp }),
    z.object({ type: z.literal("ice"), ...iceCandidate }),
  ]),
});
export type NodeSignal = z.infer<typeof nodeSignalPayload>;

/** Schema of a payload that is passed on unchanged, so that fields of later versions survive. */
function unread<T>(
  isWhatItHasToBe: (payload: { [key: string]: unknown }) => boolean,
  must: string,
) {
  return z.custom<T>(
    (payload) =>
      typeof payload === "object" && payload !== null &&
      isWhatItHasToBe(payload as { [key: string]: unknown }),
    must,
  );
}

/**
 * Payload of `offer` and `answer` as the node passes it on. The node keeps signals for members that come later,
 * so it checks their content. Older clients set no `type`.
 */
export const passedDescription = unread<{ readonly sdp: string }>(
  (payload) => sdp.safeParse(payload["sdp"]).success,
  `must have an sdp of at most ${LIMITS.sdpChars} characters`,
);

/** Payload of `ice` as the node passes it on; also checked, because the node keeps it. */
export const passedCandidate = unread<{ readonly candidate?: string | null | undefined }>(
  ({ candidate }) => candidate === null || iceCandidate.candidate.safeParse(candidate).success,
  `must have no candidate, or one of at most ${LIMITS.candidateChars} characters`,
);
