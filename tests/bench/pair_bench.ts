/** Two members on WebSockets: the time that a frame takes from one through the node to the other. */
import { type Bench, inTurn, type Surroundings } from "./bench.ts";
import { median, ms, percentile } from "./figures.ts";
import { startDenoServer, startNode } from "./programs.ts";
import { encodeText, RawWebSocket } from "./raw_websocket.ts";

/** About a second's worth of frames. */
const FRAMES = 4000;

const FRAME = encodeText(JSON.stringify({ type: "relay", payload: "x".repeat(160) }));

export const pairBench: Bench = {
  name: "pair",
  async run(at) {
    await using node = await startNode(at);
    await using bare = await startDenoServer("bare.ts");
    const ours = await measureBoth(at, node.port, (name) => `/signal?room=bench&peer_id=${name}`);
    const floor = await measureBoth(at, bare.port, () => "/socket");
    const p50Ms = median(ours);
    const floorMs = median(floor);
    return [{
      what: "WebSocket relay between two, one way",
      measured: `p50 ${ms(p50Ms)}, p99 ${ms(percentile(ours, 0.99))}`,
      toReach: "p50 < 0.2 ms",
      isReached: p50Ms < 0.2,
      beside: [{ text: `bare Deno.serve ${ms(floorMs)}`, ratio: p50Ms / floorMs }],
    }];
  },
};

async function measureBoth(
  at: Surroundings,
  port: number,
  path: (name: string) => string,
): Promise<number[]> {
  const sender = await RawWebSocket.open(port, path("sender"));
  let arrived: () => void = () => {};
  const onText = (text: string) => text.includes('"relay"') && arrived();
  const receiver = await RawWebSocket.open(port, path("receiver"), { onText });
  const oneWay = async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    arrived = resolve;
    const startMs = performance.now();
    sender.send(FRAME);
    await promise;
    return performance.now() - startMs;
  };
  const [rounds] = await inTurn([null], at.rounds, async () => {
    const timesMs: number[] = [];
    for (let frame = 0; frame < FRAMES; frame++) timesMs.push(await oneWay());
    return timesMs;
  });
  sender.close();
  receiver.close();
  return rounds!.flat();
}
