/** A node whose process stands still for longer than its members may be silent, and then goes on. */
import assert from "node:assert/strict";
import { until } from "../fakes/until.ts";
import { FOREIGN_URL } from "./node_under_test.ts";
import { withOwnProcess } from "./own_process.ts";

const HEARTBEAT_MS = 1_000;
const TIMEOUT_MS = 2_000;
/** Twice the time that a member may be silent. */
const STANDSTILL_MS = 4_000;

/** Answers pings, and notes the members that the node reports as left. */
class Member {
  readonly left: string[] = [];
  pings = 0;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const { type, peer_id } = JSON.parse(data);
      if (type === "ping") {
        this.pings++;
        socket.send(JSON.stringify({ type: "pong" }));
      }
      if (type === "peer_left") this.left.push(peer_id);
    };
  }

  static async join(url: string, query: Record<string, string>): Promise<Member> {
    const address = `${url.replace("http", "ws")}/signal?${new URLSearchParams(query)}`;
    const socket = new WebSocket(address);
    const member = new Member(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`No WebSocket to ${address}`));
    });
    return member;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#socket.close();
    await closed;
  }
}

Deno.test({
  name: "a node that stood still for twice the peer timeout lets nobody go",
  ignore: Deno.build.os === "windows" || FOREIGN_URL !== undefined,
  fn: () => {
    const flags = [
      "--heartbeat-interval",
      `${HEARTBEAT_MS}ms`,
      "--peer-timeout",
      `${TIMEOUT_MS}ms`,
    ];
    return withOwnProcess(flags, async ({ url, kill }) => {
      const room = "standstill";
      const members = await Promise.all(Array.from({ length: 20 }, (_, number) => {
        const older = { room, peer_id: `peer${number}` };
        const ours = { ...older, token: "0123456789abcdef", protocol: "1" };
        return Member.join(url, number % 4 === 0 ? older : ours);
      }));
      // The node is stopped at an arbitrary moment of the members' heartbeats.
      await until(() => members.every(({ pings }, number) => number % 4 === 0 || pings > 0));
      kill("SIGSTOP");
      const goOnAt = performance.now() + STANDSTILL_MS;
      await until(() => performance.now() > goOnAt);
      const before = members.map(({ pings }) => pings);
      kill("SIGCONT");
      const left = () => members.flatMap((member) => member.left);
      const areAsked = () =>
        members.every(({ pings }, number) => number % 4 === 0 || pings > before[number]! + 2);
      await until(() => areAsked() || left().length > 0);
      assert.deepEqual(left(), []);
      assert.ok(members.every(({ isOpen }) => isOpen));
      for (const member of members) await member.close();
    });
  },
});
