/** Where a session joins and as whom: the query of `/signal`, shared by every uplink tier. */
import {
  type JoinQuery,
  type PeerId,
  PROTOCOL_VERSION,
  type RoomName,
  type Strategy,
} from "./protocol.ts";

/** What an uplink transport dials. */
export interface JoinTarget {
  /** The node's base, such as `http://192.168.1.5:8080`. */
  readonly nodeUrl: string;
  readonly room: RoomName;
  readonly peerId: PeerId;
  readonly name: string;
  /** Binds the peer id to this session, over every reconnect and tier. */
  readonly token: string;
  /** New with every page load. */
  readonly instance: string;
  /** What was chosen; absent: what the node asks for. */
  readonly strategy?: Strategy | undefined;
  /** Whether direct connections can be made here; default true. */
  readonly hasWebRtc?: boolean | undefined;
}

/** The URL of `/signal` for `target`, with `extra` query parameters. */
export function signalUrl(target: JoinTarget, extra: Readonly<Record<string, string>> = {}): URL {
  const url = new URL("/signal", target.nodeUrl);
  const query: Record<Exclude<keyof JoinQuery, "strategy" | "webrtc">, string> = {
    room: target.room,
    peer_id: target.peerId,
    name: target.name,
    token: target.token,
    instance: target.instance,
    protocol: String(PROTOCOL_VERSION),
  };
  const { strategy, hasWebRtc = true } = target;
  const ours = {
    ...query,
    ...strategy === undefined ? {} : { strategy },
    ...hasWebRtc ? {} : { webrtc: "off" },
  };
  url.search = new URLSearchParams({ ...ours, ...extra }).toString();
  return url;
}
