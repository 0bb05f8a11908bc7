/** Two members that chat while a node is attacked: counts their lost messages, and times the others. */
import { percentile } from "../bench/figures.ts";

/** Interval between two messages. */
const EVERY_MS = 100;

export interface CanaryReport {
  /** From sending a message until the other member receives it, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly sent: number;
  /** Messages that were acknowledged, but did not reach the other member. */
  readonly lost: number;
  readonly unacknowledged: number;
}

export interface Canary {
  /** Stops sending, waits up to ten seconds for messages under way, and reports. */
  stop(): Promise<CanaryReport>;
}

export async function startCanary(nodeUrl: string): Promise<Canary> {
  const acknowledged = new Set<string>();
  const arrivedMs = new Map<string, number>();
  const sentMs = new Map<string, number>();
  const bob = await join(nodeUrl, "bob", (frame) => {
    if (frame.type === "chat") arrivedMs.set(frame.payload.id!, performance.now());
  });
  const ann = await join(nodeUrl, "ann", (frame) => {
    if (frame.type === "ack") acknowledged.add(frame.payload.id!);
  });
  const timer = setInterval(() => {
    const id = crypto.randomUUID();
    sentMs.set(id, performance.now());
    ann.send(JSON.stringify({ type: "chat", payload: { id, text: "tweet" } }));
  }, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      const giveUpAt = performance.now() + 10_000;
      const isDone = () => acknowledged.size === sentMs.size && arrivedMs.size === sentMs.size;
      while (!isDone() && performance.now() < giveUpAt) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      for (const socket of [ann, bob]) socket.close();
      const latencies = [...arrivedMs].map(([id, atMs]) => atMs - sentMs.get(id)!);
      return {
        p50: percentile(latencies, 0.5),
        p99: percentile(latencies, 0.99),
        sent: sentMs.size,
        lost: [...acknowledged].filter((id) => !arrivedMs.has(id)).length,
        unacknowledged: sentMs.size - acknowledged.size,
      };
    },
  };
}

interface Told {
  readonly type: string;
  readonly payload: { readonly id?: string };
}

function join(nodeUrl: string, name: string, onFrame: (frame: Told) => void): Promise<WebSocket> {
  const url = `${nodeUrl.replace("http", "ws")}/signal?room=canary&peer_id=${name}`;
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  socket.onerror = () => reject(new Error(`${name} cannot join ${url}`));
  socket.onmessage = ({ data }) => {
    const frame: Told = JSON.parse(data);
    if (frame.type === "welcome") resolve(socket);
    if (frame.type === "ping") socket.send(JSON.stringify({ type: "pong" }));
    onFrame(frame);
  };
  return promise;
}
