/** The target that a session joins, and its query of `/signal`: the same for WebSocket and polling. */
import {
  type JoinQuery,
  type PeerId,
  PROTOCOL_VERSION,
  type RoomName,
  type Strategy,
} from "../protocol/mod.ts";

/** The target that an uplink transport dials. */
export interface JoinTarget {
  /** The node's base URL, such as `http://192.168.1.5:8080`. */
  readonly nodeUrl: string;
  readonly room: RoomName;
  readonly peerId: PeerId;
  readonly name: string;
  /** Binds the peer id to this session, over every reconnect and tier. */
  readonly token: string;
  /** New with every page load. */
  readonly instance: string;
  /** The strategy that the user chose; absent: the one that the node asks for. */
  readonly strategy?: Strategy | undefined;
  /** Whether this client can make direct connections; default true. */
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
