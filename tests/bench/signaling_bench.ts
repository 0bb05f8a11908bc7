/**
 * Signaling: the time from dialling the server until the other side has the offer, compared with
 * PeerJS's server.
 */
import { type Bench, inTurn } from "./bench.ts";
import { median, ms } from "./figures.ts";
import { JS_RUNTIME, startNode, startNodeJsServer } from "./programs.ts";
import { encodeText, IDLE_READ_BYTES, RawWebSocket } from "./raw_websocket.ts";

/** Joins per round. */
const JOINS = 100;
/** As long as the SDP of a data channel. */
const SDP = "v=0\r\n" + "a=candidate:1 1 udp 2113937151 192.168.0.2 50000 typ host\r\n".repeat(14);

/** The protocol of one kind of signaling server. */
interface Signaling {
  readonly port: number;
  path(name: string): string;
  /** Whether `text` is the server's welcome. */
  isWelcome(text: string): boolean;
  offer(target: string): string;
  isOffer(text: string): boolean;
}

export const signalingBench: Bench = {
  name: "signaling",
  async run(at) {
    await using node = await startNode(at);
    await using peerJs = await startNodeJsServer("peerjs.mjs");
    const [ours, theirs] = await inTurn(
      [ourSignaling(node.port), peerJsSignaling(peerJs.port)],
      at.rounds,
      measure,
    );
    const p50Ms = median(ours!.flat());
    const besideMs = median(theirs!.flat());
    return [{
      what: "signaling: join until the offer is delivered",
      measured: `p50 ${ms(p50Ms)}`,
      toReach: "as PeerJS's",
      isReached: p50Ms <= besideMs,
      beside: [{ text: `PeerJS server on ${JS_RUNTIME} ${ms(besideMs)}`, ratio: p50Ms / besideMs }],
    }];
  },
};

function ourSignaling(port: number): Signaling {
  return {
    port,
    path: (name) => `/signal?room=bench&peer_id=${name}&protocol=1`,
    isWelcome: (text) => text.includes('"welcome"'),
    offer: (target) =>
      JSON.stringify({
        type: "offer",
        target_peer_id: target,
        payload: { type: "offer", sdp: SDP },
      }),
    isOffer: (text) => text.includes('"offer"'),
  };
}

function peerJsSignaling(port: number): Signaling {
  return {
    port,
    path: (name) => `/peerjs?key=peerjs&id=${name}&token=${name}-token`,
    isWelcome: (text) => text.includes('"OPEN"'),
    offer: (target) => JSON.stringify({ type: "OFFER", dst: target, payload: { sdp: SDP } }),
    isOffer: (text) => text.includes('"OFFER"'),
  };
}

let members = 0;

async function measure(signaling: Signaling): Promise<number[]> {
  let delivered: () => void = () => {};
  const name = `target-${members++}`;
  const target = await join(signaling, name, (text) => signaling.isOffer(text) && delivered());
  const offer = encodeText(signaling.offer(name));
  const timesMs: number[] = [];
  for (let time = 0; time < JOINS; time++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    delivered = resolve;
    const startMs = performance.now();
    const joiner = await join(signaling, `joiner-${members++}`);
    joiner.send(offer);
    await promise;
    timesMs.push(performance.now() - startMs);
    await joiner.leave();
  }
  await target.leave();
  return timesMs;
}

/** Joins as `name`, and resolves after the server's welcome. */
async function join(
  { port, path, isWelcome }: Signaling,
  name: string,
  onText: (text: string) => void = () => {},
): Promise<RawWebSocket> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = await RawWebSocket.open(port, path(name), {
    onText: (text) => isWelcome(text) ? resolve() : onText(text),
    readBytes: IDLE_READ_BYTES,
  });
  await promise;
  return socket;
}
