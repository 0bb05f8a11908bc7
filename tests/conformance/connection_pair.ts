/**
 * Links between peers (`transport/mesh/direct_connection.ts`) as paths: the contract of `Path`, and the promises of a
 * negotiated connection beyond it. Signals go directly from end to end. The caller chooses the implementation
 * of each end, and its process.
 */
import assert from "node:assert/strict";
import type {
  CreateDirectConnection,
  DirectConnection,
  Signal,
} from "../../transport/mesh/direct_connection.ts";
import type { Tier } from "../../transport/protocol/mod.ts";
import type { Path } from "../../transport/transport.ts";
import { until } from "../fakes/until.ts";
import { Inbox, type PathEnd, type PathPair, testPaths } from "./path.ts";
import { fill, MANY_FRAMES } from "./reactions.ts";

/** Host candidates hidden behind mDNS names (RFC 8828), which another network cannot resolve. */
const NAMELESS: readonly Signal[] = [1, 2, 3].map((number) => ({
  type: "ice",
  candidate: `candidate:${number} 1 udp 2113937151 ${crypto.randomUUID()}.local 50000 typ host`,
  sdpMid: "0",
  sdpMLineIndex: 0,
}));

export interface ConnectionEndOptions {
  readonly isPolite: boolean;
}

/** One end of a connection, in any process. */
export interface ConnectionEnd extends PathEnd {
  /** Whether the end has reported that it is open. */
  readonly hasOpened: boolean;
  /** Takes the end's signals. */
  carry: (signal: Signal) => void;
  offer(): void;
  signal(signal: Signal): void;
  /** Sends `text`, numbered, until a frame is refused. Resolves to the number of frames taken. */
  fill(text: string): Promise<number>;
  /** Resolves when the end has carried out all commands and reported their results. */
  settled(): Promise<void>;
  dispose(): Promise<void>;
}

/** An end in this process. */
export class LocalEnd implements ConnectionEnd, Path {
  readonly inbox = new Inbox();
  readonly path: Path = this;
  carry: (signal: Signal) => void = () => {};
  readonly #connection: DirectConnection;
  #tier: Tier | null = null;

  constructor(createConnection: CreateDirectConnection, { isPolite }: ConnectionEndOptions) {
    this.#connection = createConnection({ isPolite, iceServers: [], isRelayOnly: false }, {
      onSignal: (signal) => this.carry(signal),
      onOpen: (tier) => this.#tier = tier,
      onFrame: (text) => this.inbox.onFrame(text),
      onClose: (reason) => this.inbox.onClose({ code: 1006, reason }),
    });
  }

  get hasOpened(): boolean {
    return this.#tier !== null;
  }

  get tier(): Tier {
    assert.ok(this.#tier, "the connection has opened");
    return this.#tier;
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  offer(): void {
    this.#connection.offer();
  }

  signal(signal: Signal): void {
    this.#connection.signal(signal);
  }

  send(text: string): boolean {
    return this.#connection.send(text);
  }

  fill(text: string): Promise<number> {
    return Promise.resolve(fill(this, text));
  }

  close(): void {
    this.#connection.close();
  }

  settled(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve));
  }

  dispose(): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** The length of a try is that of a mesh's first try. */
const TRY_MS = 15_000;
const MOST_TRIES = 3;

export interface ConnectionSuite {
  readonly name: string;
  /** Makes the end that offers. */
  near(options: ConnectionEndOptions): ConnectionEnd;
  far(options: ConnectionEndOptions): ConnectionEnd;
}

interface ConnectionPair extends PathPair {
  readonly near: ConnectionEnd;
  readonly far: ConnectionEnd;
}

/** Registers the tests of `Path` and those of connections. */
export function testConnections(suite: ConnectionSuite): void {
  testPaths({
    name: suite.name,
    tier: "webrtc-stun",
    open: () => openPair(suite),
    abort: () => giveUp(suite),
    leavesBehind:
      "werift's retransmission timers, for up to a second, and sockets that close behind it",
    losesOnClose: "closing an RTCPeerConnection drops what it has buffered",
  });

  /** See `leavesBehind` above. */
  const test = (name: string, run: (pair: ConnectionPair) => Promise<void>) =>
    Deno.test({
      name: `${suite.name}: ${name}`,
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        const pair = newPair(suite);
        try {
          await run(pair);
        } finally {
          await pair.dispose();
        }
      },
    });

  test("what a full buffer refuses is not sent, and the rest arrives", async (pair) => {
    const { near, far } = await connect(pair);
    const taken = await near.fill("x".repeat(250_000));
    assert.ok(taken < MANY_FRAMES, "the buffer has no bound");
    await until(() => far.inbox.frames.length >= taken, `${taken} frames arrive`);
    assert.ok(near.path.send("room again"));
    await until(() => far.inbox.frames.at(-1) === "room again", "the next frame arrives");
    assert.equal(far.inbox.frames.length, taken + 1);
  });

  test("candidates may come before the description that they belong to", async (pair) => {
    const { near, far } = pair;
    const held: Signal[] = [];
    let early = 0;
    near.carry = (signal) => {
      if (signal.type !== "ice") return void held.push(signal);
      early++;
      far.signal(signal);
    };
    near.offer();
    await until(() => held.length > 0 && early > 0, "the offer is made, with candidates");
    for (const signal of held) far.signal(signal);
    await until(() => near.hasOpened && far.hasOpened, "both ends open");
  });

  test("candidates with names that nobody resolves hold up nothing", async (pair) => {
    for (const end of [pair.far, pair.near]) NAMELESS.forEach((signal) => end.signal(signal));
    await connect(pair);
  });

  for (const end of ["near", "far"] as const) {
    test(`a description that the ${end} connection can't read closes it with a reason`, async (pair) => {
      const { inbox, path } = pair[end];
      pair[end].signal({ type: "offer", sdp: "this is no SDP" });
      await until(() => inbox.closes.length > 0, "the connection says that it failed");
      assert.notEqual(inbox.closes[0]?.reason, "");
      assert.equal(path.isOpen, false);
    });
  }
}

function newPair(suite: ConnectionSuite): ConnectionPair {
  const near = suite.near({ isPolite: false });
  const far = suite.far({ isPolite: true });
  near.carry = (signal) => far.signal(signal);
  far.carry = (signal) => near.signal(signal);
  return {
    near,
    far,
    async dispose() {
      await Promise.all([near.dispose(), far.dispose()]);
    },
  };
}

async function connect(pair: ConnectionPair): Promise<ConnectionPair> {
  const { near, far } = pair;
  near.offer();
  await until(() => near.hasOpened && far.hasOpened, "both ends open");
  return pair;
}

/**
 * Opens a pair. On a machine that is busy with other tests one try may fail; like a mesh, this tries
 * again.
 */
async function openPair(suite: ConnectionSuite): Promise<ConnectionPair> {
  for (let tries = 1;; tries++) {
    const pair = newPair(suite);
    const isOpen = () => pair.near.hasOpened && pair.far.hasOpened;
    const giveUpAt = performance.now() + TRY_MS;
    pair.near.offer();
    await until(
      () => isOpen() || performance.now() > giveUpAt,
      "both ends open, or do not in time",
    );
    if (isOpen()) return pair;
    await pair.dispose();
    if (tries === MOST_TRIES) throw new Error(`No pair opened in ${tries} tries`);
  }
}

async function giveUp(suite: ConnectionSuite): Promise<void> {
  const { near, far, dispose } = newPair(suite);
  let signals = 0;
  near.carry = () => signals++;
  near.offer();
  near.path.close();
  far.path.close();
  await Promise.all([near.settled(), far.settled()]);
  assert.deepEqual([near.path.isOpen, near.hasOpened, signals], [false, false, 0]);
  assert.deepEqual([near.inbox.closes, far.inbox.closes], [[], []]);
  await dispose();
}
