/**
 * The room as a small map: you, the others, the node, and one line for each path. Its label tells the
 * same in words.
 */
import type { PeerView, UplinkView } from "../../../../transport/view.ts";
import { clipLabel, describeMap, layoutMap, type MapPeer } from "../../state/room_map.ts";

interface MapProps {
  peers: readonly PeerView[];
  uplink: UplinkView;
}

export function RoomMap({ peers, uplink }: MapProps) {
  const map = layoutMap(peers, uplink);
  const { you, node } = map;
  return (
    <svg
      class="map"
      role="img"
      aria-label={describeMap(peers, uplink)}
      viewBox={`0 0 ${map.width} ${map.height}`}
    >
      <path
        key={`node-${map.isNodeReached}`}
        class="map-line"
        data-kind={map.isNodeReached ? "node" : "none"}
        pathLength={map.isNodeReached ? 1 : undefined}
        d={`M${you.x} ${you.y}L${node.x} ${node.y}`}
      />
      {map.peers.map((peer) => (
        <PeerLine
          key={`${peer.key}-${peer.label.split(",")[0]}`}
          peer={peer}
          from={peer.isThroughNode ? node : you}
        />
      ))}
      <g class="map-node" data-reached={map.isNodeReached}>
        <rect x={node.x - 13} y={node.y - 13} width="26" height="26" rx="7" />
        <path
          d={`M${node.x - 6} ${node.y + 5}L${node.x} ${node.y - 6}L${node.x + 6} ${node.y + 5}Z`}
        />
        <text x={node.x + 21} y={node.y - 2}>Node</text>
        <text class="map-label" x={node.x + 21} y={node.y + 12}>{map.nodeLabel}</text>
      </g>
      <g class="map-you">
        <circle cx={you.x} cy={you.y} r="11" />
        <text x={you.x} y={you.y + 28} text-anchor="middle">You</text>
      </g>
      {map.peers.map((peer) => <PeerDot key={peer.key} peer={peer} />)}
      {map.hidden.count > 0 && (
        <text class="map-label" x="190" y={map.hidden.y}>and {map.hidden.count} others</text>
      )}
    </svg>
  );
}

function PeerLine({ peer, from }: { peer: MapPeer; from: { x: number; y: number } }) {
  if (peer.kind === "none") return null;
  return (
    <path
      class="map-line"
      data-kind={peer.kind}
      pathLength={peer.kind === "direct" ? 1 : undefined}
      d={`M${from.x} ${from.y}L${peer.x} ${peer.y}`}
    />
  );
}

function PeerDot({ peer }: { peer: MapPeer }) {
  return (
    <g class="map-peer" data-kind={peer.kind}>
      <circle cx={peer.x} cy={peer.y} r="7" />
      <text x={peer.x + 15} y={peer.y - 2}>{clipLabel(peer.name)}</text>
      <text class="map-label" x={peer.x + 15} y={peer.y + 11}>{peer.label}</text>
    </g>
  );
}
