/** Where everyone stands on the map of a room, and which lines lie between them. Pure geometry. */
import type { PeerView, UplinkView } from "../../../transport/view.ts";
import { nameList } from "../../words/lists.ts";
import { mapPathWords, type PathKind, pathKind, rttWords } from "../../words/paths.ts";

/** Beyond this number the rest is summed up: the labels would not be legible any more. */
export const MOST_ON_MAP = 12;

export interface MapPoint {
  readonly x: number;
  readonly y: number;
}

export interface MapPeer extends MapPoint {
  readonly key: string;
  readonly name: string;
  readonly label: string;
  readonly kind: PathKind;
  /** Whether its line goes through the node. */
  readonly isThroughNode: boolean;
}

export interface RoomMapLayout {
  readonly width: number;
  readonly height: number;
  readonly you: MapPoint;
  readonly node: MapPoint;
  readonly isNodeReached: boolean;
  readonly nodeLabel: string;
  readonly peers: readonly MapPeer[];
  /** How many peers are not drawn, and the height of the label that says so. */
  readonly hidden: { readonly count: number; readonly y: number };
}

const WIDTH = 320;
const ROW_HEIGHT = 40;
const TOP = 74;

export function layoutMap(peers: readonly PeerView[], uplink: UplinkView): RoomMapLayout {
  const shown = peers.length > MOST_ON_MAP ? peers.slice(0, MOST_ON_MAP - 1) : peers;
  const filled = shown.length + (shown.length < peers.length ? 1 : 0);
  const rows = Math.max(2, filled);
  const rowY = (row: number) => TOP + ((rows - filled + 1) / 2 + row) * ROW_HEIGHT;
  return {
    width: WIDTH,
    height: TOP + rows * ROW_HEIGHT,
    you: { x: 34, y: TOP + (rows * ROW_HEIGHT) / 2 },
    node: { x: 112, y: 30 },
    isNodeReached: uplink.state === "online",
    nodeLabel: nodeLabel(uplink),
    peers: shown.map((peer, row) => ({
      key: peer.peerId,
      name: peer.name,
      label: mapPathWords(peer.path),
      kind: pathKind(peer.path.tier),
      isThroughNode: peer.path.tier !== null && !peer.path.tier.startsWith("webrtc-"),
      x: 190,
      y: rowY(row),
    })),
    hidden: { count: peers.length - shown.length, y: rowY(shown.length) },
  };
}

function nodeLabel(uplink: UplinkView): string {
  if (uplink.state === "connecting") return "Connecting…";
  if (uplink.state !== "online") return "Unreachable";
  return uplink.rttMs === null ? "Reached" : rttWords(uplink.rttMs);
}

/** The map in words. */
export function describeMap(peers: readonly PeerView[], uplink: UplinkView): string {
  const named = (kind: PathKind) =>
    peers.filter((peer) => pathKind(peer.path.tier) === kind).map((peer) => peer.name);
  const parts = [uplink.state === "online" ? "You reach the node." : "The node is unreachable."];
  if (peers.length === 0) parts.push("Nobody else is here.");
  const [direct, relayed, none] = [named("direct"), named("relayed"), named("none")];
  if (direct.length > 0) parts.push(`Direct to ${nameList(direct, 12)}.`);
  if (relayed.length > 0) parts.push(`Through a relay or the node to ${nameList(relayed, 12)}.`);
  if (none.length > 0) parts.push(`No way to ${nameList(none, 12)}.`);
  return `Map of the room. ${parts.join(" ")}`;
}

/** Shortens a name to the room that the map has for it. */
export function clipLabel(text: string, most = 14): string {
  const points = [...text];
  return points.length > most ? `${points.slice(0, most - 1).join("")}…` : text;
}
