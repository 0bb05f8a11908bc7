/** What the banner says while the node can't be reached: what still works comes first. Pure. */
import type { ErrorCode } from "../../../transport/errors.ts";
import type { PeerView, UplinkView } from "../../../transport/view.ts";
import { nameList } from "./list_words.ts";

/** Errors that say no more than that there is no way to the node. */
const UNREACHABLE: ReadonlySet<ErrorCode> = new Set(["internal", "peer-gone", "shutting-down"]);

export function bannerWords(uplink: UplinkView, peers: readonly PeerView[]): string {
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
  if (direct.length === 0) {
    return "The node is unreachable. Messages are kept here, and go out when it is back.";
  }
  const stored = direct.length === peers.length
    ? "Messages will be stored when it is back."
    : "Messages are stored and reach the others when it is back.";
  return `The node is unreachable. You are still connected to ${names} directly. ${stored}`;
}
