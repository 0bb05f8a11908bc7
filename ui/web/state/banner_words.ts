/** What the banner says while the node, or somebody, can't be reached: what still works comes first. Pure. */
import type { ErrorCode } from "../../../transport/errors.ts";
import { isRuledOut } from "../../../transport/path_reasons.ts";
import type { Strategy } from "../../../transport/protocol.ts";
import { saysThroughNode } from "../../../transport/strategy.ts";
import type { PeerView, UplinkView } from "../../../transport/view.ts";
import { nameList } from "./list_words.ts";

/** Errors that say no more than that there is no way to the node. */
const UNREACHABLE: ReadonlySet<ErrorCode> = new Set(["internal", "peer-gone", "shutting-down"]);

/** `strategy` is our own: by some, the node coming back is not what messages wait for. */
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

/** Whether messages wait for a direct path to somebody, which may come. */
function isKeptFor({ path: { tier, reason } }: PeerView): boolean {
  return tier === null && !isRuledOut(reason);
}

function storedLater(directCount: number, isEverybody: boolean): string {
  if (directCount === 0) return "Messages are kept here, and go out when it is back.";
  return isEverybody
    ? "Messages will be stored when it is back."
    : "Messages are stored and reach the others when it is back.";
}

/** While the node is there: whom nothing reaches, since it may not carry anything. Null: nobody. */
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
