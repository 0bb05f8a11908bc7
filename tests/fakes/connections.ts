/** Two meshes, or connections, that exchange their signaling directly, without a node. */
import { FakeClock } from "./clock.ts";
import { seededRandom } from "./random.ts";
import { MemoryNetwork } from "../../transport/memory.ts";
import { Mesh, type MeshHandlers } from "../../transport/mesh/mesh.ts";
import type { CreateDirectConnection } from "../../transport/mesh/direct_connection.ts";
import {
  encodeFrame,
  type MemberFrame,
  parsePeerFrame,
  type PeerFrame,
  type PeerFrameOf,
  type PeerId,
  type PeerInfo,
} from "../../transport/protocol/mod.ts";
import type { Clock } from "../../transport/transport.ts";

export function peerInfo(peerId: string, instance = `${peerId}-page`): PeerInfo {
  return {
    peer_id: peerId as PeerId,
    name: peerId,
    tier: "websocket",
    instance,
    joined_at: 1_795_000_000,
  };
}

/** One mesh, with its reports. */
export interface MeshEnd {
  readonly info: PeerInfo;
  readonly mesh: Mesh;
  readonly opened: PeerId[];
  readonly closed: PeerId[];
  readonly frames: PeerFrame[];
}

export interface MeshPairOptions {
  readonly clock: Clock;
  readonly createConnection: CreateDirectConnection;
  /** Whether a signal gets through; all do by default. */
  readonly passes?: (frame: MemberFrame) => boolean;
}

/** Two peers whose signals take 5 ms each way. The test makes them known to each other. */
export function meshPair({ clock, createConnection, passes = () => true }: MeshPairOptions): {
  readonly a: MeshEnd;
  readonly b: MeshEnd;
  close(): void;
} {
  const ends = new Map<string, MeshEnd>();
  const end = (peerId: string): MeshEnd => {
    const info = peerInfo(peerId);
    const made: MeshEnd = {
      info,
      opened: [],
      closed: [],
      frames: [],
      mesh: new Mesh(info.peer_id, {
        clock,
        random: seededRandom(peerId.length),
        createConnection,
        policy: () => "all",
        isDirectOnly: () => false,
        isAbsent: () => false,
        instance: info.instance,
        handlers: handlers(() => made, ends, { clock, passes }),
      }),
    };
    ends.set(peerId, made);
    return made;
  };
  const [a, b] = [end("ann"), end("bob")];
  return {
    a,
    b,
    close() {
      a.mesh.close();
      b.mesh.close();
    },
  };
}

function handlers(
  self: () => MeshEnd,
  ends: ReadonlyMap<string, MeshEnd>,
  { clock, passes }: { clock: Clock; passes: (frame: MemberFrame) => boolean },
): MeshHandlers {
  return {
    sendSignal(frame) {
      if (!passes(frame)) return;
      const text = JSON.stringify({ ...frame, peer_id: self().info.peer_id });
      clock.after(5, () => {
        const passed = parsePeerFrame(text) as PeerFrameOf<"offer" | "answer" | "ice">;
        ends.get(passed.target_peer_id ?? "")?.mesh.onSignal(passed);
      });
    },
    onFrame(peerId, text) {
      const frame = parsePeerFrame(text);
      if (frame === null) return;
      if (frame.type === "ping" || frame.type === "pong") self().mesh.onPing(peerId, frame);
      else self().frames.push(frame);
    },
    onChange(peerId, change) {
      if (change === "opened") self().opened.push(peerId);
      if (change === "closed") self().closed.push(peerId);
    },
  };
}

/** A chat frame as it goes over a direct path. */
export function chatFrame(from: PeerInfo, text: string): string {
  const payload = { id: `m-${text.length}`, text } as PeerFrameOf<"chat">["payload"];
  return encodeFrame({ type: "chat", peer_id: from.peer_id, payload });
}

/** A fake clock, and a network on it. */
export function memoryWorld(seed = 1): { clock: FakeClock; network: MemoryNetwork } {
  const clock = new FakeClock();
  return { clock, network: new MemoryNetwork({ clock, random: seededRandom(seed) }) };
}
