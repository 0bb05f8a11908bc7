/** Which path a frame to a peer takes, and which peers are waited for, under each strategy. */
import assert from "node:assert/strict";
import type { FakeClock } from "../../fakes/clock.ts";
import { memoryWorld, peerInfo } from "../../fakes/connections.ts";
import type { CreateDirectConnection } from "../../../transport/mesh/direct_connection.ts";
import { PeerPaths } from "../../../transport/mesh/peer_paths.ts";
import { StrategyInForce } from "../../../transport/paths/strategy.ts";
import {
  parsePeerFrame,
  type PeerFrame,
  type PeerFrameOf,
  type PeerId,
  type Strategy,
} from "../../../transport/protocol/mod.ts";

const ann = peerInfo("ann");
const bob = peerInfo("bob");

/** One side. The signals of two sides reach each other, as through a node. */
function createEnd(self: PeerId, { clock, createConnection, other }: {
  readonly clock: FakeClock;
  readonly createConnection: CreateDirectConnection | null;
  readonly other: () => PeerPaths;
}) {
  /** Types of the frames that went through the node, apart from signaling. */
  const sent: string[] = [];
  const told: Strategy[] = [];
  const paths: PeerPaths = new PeerPaths({
    clock,
    random: () => 0.5,
    createConnection,
    nodeUrl: "http://node",
    instance: `${self}-page`,
    strategy: new StrategyInForce({ chosen: null, expected: "auto" }),
    self: () => self,
    isAbsent: () => false,
    sendToNode: (frame) => {
      const passed = parsePeerFrame(JSON.stringify({ ...frame, peer_id: self }));
      if (!isSignal(passed)) sent.push(frame.type);
      else clock.after(5, () => other().onSignal(passed));
      return true;
    },
    handlers: {
      onFrame: (peerId, text) => {
        const frame = parsePeerFrame(text);
        if (frame?.type === "ping" || frame?.type === "pong") paths.onPing(peerId, frame);
      },
      onChange() {},
      onStrategy: (strategy) => told.push(strategy),
    },
  });
  return { paths, sent, told };
}

function isSignal(frame: PeerFrame | null): frame is PeerFrameOf<"offer" | "answer" | "ice"> {
  return frame !== null && ["offer", "answer", "ice"].includes(frame.type);
}

function start({ hasWebRtc = true } = {}) {
  const { clock, network } = memoryWorld();
  const createConnection = hasWebRtc ? network.createConnection : null;
  type End = ReturnType<typeof createEnd>;
  const a: End = createEnd(ann.peer_id, { clock, createConnection, other: () => b.paths });
  const b: End = createEnd(bob.peer_id, { clock, createConnection, other: () => a.paths });
  /** Both get the node's `welcome`, with this strategy and each other. */
  const welcome = async (strategy: Strategy) => {
    for (const [{ paths }, self, other] of [[a, ann, bob], [b, bob, ann]] as const) {
      paths.follow(strategy);
      paths.welcome({ peer_id: self.peer_id, ice_servers: [] }, [other]);
    }
    await clock.advance(1_500);
  };
  /** Sends a frame to Bob. Returns what of it went through the node. */
  const typing = () => {
    const { peer_id } = bob;
    a.paths.sendTo(peer_id, {
      type: "typing",
      target_peer_id: peer_id,
      payload: { typing: true },
    });
    return a.sent.splice(0);
  };
  const close = () => [a, b].forEach(({ paths }) => paths.close());
  return { a, welcome, typing, close };
}

Deno.test("a frame goes directly where the path answers, else through the node", async () => {
  const { a, welcome, typing, close } = start();
  assert.deepEqual(typing(), ["typing"]);
  await welcome("auto");
  assert.equal(a.paths.isAnswering(bob.peer_id), true);
  assert.deepEqual(typing(), []);
  close();
});

Deno.test("a new strategy of the node closes the direct paths, is told once, and opens its own", async () => {
  const { a, welcome, typing, close } = start();
  await welcome("auto");
  await welcome("websocket-only");
  assert.equal(a.paths.direct(bob.peer_id), null);
  assert.deepEqual(typing(), ["typing"]);
  assert.equal(a.paths.reason(bob), "strategy");
  await welcome("p2p-only");
  await welcome("p2p-only");
  assert.equal(a.paths.isAnswering(bob.peer_id), true);
  assert.deepEqual(a.told, ["auto", "websocket-only", "p2p-only"]);
  close();
});

Deno.test("a peer that no direct path can reach is not waited for", async () => {
  const { a, welcome, close } = start();
  const old = { ...bob, webrtc: false };
  await welcome("p2p-only");
  a.paths.add(old);
  assert.equal(a.paths.isReachable(bob.peer_id), false);
  assert.equal(a.paths.isReached(bob.peer_id), false);
  assert.equal(a.paths.reason(old), "peer-has-no-webrtc");
  close();
});

Deno.test("without WebRTC, everything goes through the node", async () => {
  const { a, welcome, typing, close } = start({ hasWebRtc: false });
  await welcome("auto");
  assert.deepEqual(typing(), ["typing"]);
  assert.equal(a.paths.isReached(bob.peer_id), true);
  assert.equal(a.paths.isReachable(bob.peer_id), true);
  assert.equal(a.paths.reason(bob), "webrtc-off");
  const frame = { type: "typing", peer_id: ann.peer_id, payload: { typing: true } } as const;
  assert.deepEqual(a.paths.sendDirectly([bob.peer_id], frame), []);
  close();
});
