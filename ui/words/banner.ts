/** The text of the banner while the node or a peer can't be reached, with what still works. Pure. */
import type { ErrorCode } from "../../transport/errors.ts";
import { isRuledOut } from "../../transport/paths/path_reasons.ts";
import type { Strategy } from "../../transport/protocol/mod.ts";
import { saysThroughNode } from "../../transport/paths/strategy.ts";
import type { PeerView, UplinkView } from "../../transport/view.ts";
import { nameList } from "./lists.ts";

/** Errors that say only that the node can't be reached. */
const UNREACHABLE: ReadonlySet<ErrorCode> = new Set(["internal", "peer-gone", "shutting-down"]);

/** `strategy` is our own. With some strategies the messages wait for direct paths, not for the node. */
export function bannerWords(
  uplink: UplinkView,
  { peers, strategy }: { peers: readonly PeerView[]; strategy: Strategy },
): string {
  if (uplink.state === "connecting") return "Connecting to the node… You can write already.";
  if (uplink.state === "closed") {
    return uplink.error?.message ?? "This room was closed here.";
  }
  // The node answers, and says why it does not let us in.
  if (uplink.error !== null && !UNREACHABLE.has(uplink.error.code)) {
    return `${uplink.error.message}. Trying again…`;
  }
  const direct = peers.filter(({ path }) => path.tier?.startsWith("webrtc-"));
  const names = nameList(direct.map((peer) => peer.name), 4);
  const rest = saysThroughNode(strategy)
    ? storedLater(direct.length, direct.length === peers.length)
    : direct.length > 0 && !peers.some(isKeptFor)
    ? ""
    : "Messages are kept here for whom no direct connection reaches.";
  const reached = direct.length === 0 ? "" : `You are still connected to ${names} directly.`;
  return ["The node is unreachable.", reached, rest].filter((part) => part !== "").join(" ");
}

/** Whether messages wait for this peer: it has no path, but a direct one may still come. */
function isKeptFor({ path: { tier, reason } }: PeerView): boolean {
  return tier === null && !isRuledOut(reason);
}

function storedLater(directCount: number, isEverybody: boolean): string {
  if (directCount === 0) return "Messages are kept here, and go out when it is back.";
  return isEverybody
    ? "Messages will be stored when it is back."
    : "Messages are stored and reach the others when it is back.";
}

/**
 * The banner's text about peers that nothing reaches while the node is online, because our strategy
 * lets nothing go through the node. Null when there are none.
 */
export function unreachedWords(
  { peers, strategy }: { peers: readonly PeerView[]; strategy: Strategy },
): string | null {
  if (saysThroughNode(strategy)) return null;
  const unreached = peers.filter(({ path }) => path.tier === null && path.reason !== "connecting");
  if (unreached.length === 0) return null;
  const names = nameList(unreached.map((peer) => peer.name), 4);
  const yet = unreached.every(isKeptFor) ? " yet" : "";
  return `What you write does not reach ${names}${yet}: there is no direct connection, and your ` +
    "settings let nothing go through the node.";
}
