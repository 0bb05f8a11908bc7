/** Checks that the in-memory network keeps the contract of `Path`, on which all tests with it rely. */
import assert from "node:assert/strict";
import { MemoryNetwork } from "../../transport/memory.ts";
import { type Clock, systemClock } from "../../transport/transport.ts";
import { seededRandom } from "../fakes/random.ts";
import { until } from "../fakes/until.ts";
import { joinTarget } from "./relayed_pair.ts";
import { Inbox, testPaths } from "./path.ts";

/** Real time, with a count of pending timers. */
class CountingClock implements Clock {
  pending = 0;
  now = systemClock.now;
  epochMs = systemClock.epochMs;

  after(delayMs: number, run: () => void): () => void {
    this.pending++;
    const cancel = systemClock.after(delayMs, () => {
      this.pending--;
      run();
    });
    return () => {
      this.pending--;
      cancel();
    };
  }
}

function network(clock: Clock): MemoryNetwork {
  return new MemoryNetwork({ clock, random: seededRandom(1), latencyMs: 1 });
}

testPaths({
  name: "memory",
  tier: "websocket",
  open() {
    const clock = new CountingClock();
    const net = network(clock);
    const [nearInbox, farInbox] = [new Inbox(), new Inbox()];
    const [near, far] = net.pipe("websocket", nearInbox, farInbox);
    return Promise.resolve({
      near: { path: near, inbox: nearInbox },
      far: { path: far, inbox: farInbox },
      async dispose() {
        near.close();
        far.close();
        await until(() => clock.pending === 0, "nothing is under way");
      },
    });
  },
  async abort() {
    const net = network(systemClock);
    net.accept = () => assert.fail("the node was reached");
    const controller = new AbortController();
    const inbox = new Inbox();
    const target = joinTarget("http://node.test", "near");
    const dialling = net.transport("websocket").dial(target, inbox, controller);
    controller.abort();
    await assert.rejects(dialling, { name: "AbortError" });
    assert.deepEqual(net.pipes, []);
  },
});
