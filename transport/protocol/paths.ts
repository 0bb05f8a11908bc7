/**
 * The tiers of a path, the strategies that allow them, and the reports of paths to a node. `path.ts` of
 * `transport/` says which path is better.
 */
import * as z from "zod/mini";
import { LIMITS } from "./limits.ts";
import { peerId } from "./names.ts";

/** The tiers of the ladder, best first. */
export const TIERS = ["webrtc-stun", "webrtc-turn", "websocket", "http-polling", "lan"] as const;
export const tier = z.enum(TIERS);
/** The kind of route a path takes. */
export type Tier = z.infer<typeof tier>;

/**
 * The tiers that a peer allows. `relay-safe` never shows the peer's address to other peers. `p2p-only` and
 * `webrtc-stun` send no messages through the node, which then stores none.
 */
export const STRATEGIES = [
  "auto",
  "p2p-only",
  "webrtc-stun",
  "relay-safe",
  "websocket-only",
  "http-only",
] as const;
export const strategy = z.enum(STRATEGIES);
export type Strategy = z.infer<typeof strategy>;

/** A tier or a reason. A value that is newer than this version is shown as it is. */
const pathCode = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,39}$/));

/**
 * Payload of `path_report`: the paths of a session that its node can't know by itself, the full list each
 * time. `tier` is null where nothing gets through.
 */
export const pathReport = z.object({
  paths: z.array(z.object({
    peer_id: peerId,
    tier: z.nullable(pathCode),
    reason: z.nullable(pathCode),
  })).check(z.maxLength(LIMITS.reportedPaths)),
});
export type PathReport = z.infer<typeof pathReport>;
