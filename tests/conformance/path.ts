/**
 * The contract of every `Path`, whatever carries it (`transport/transport.ts`). Each tier runs these
 * tests. The caller opens the two ends, and checks that nothing stays open when opening is given up.
 */
import assert from "node:assert/strict";
import { LIMITS, type Tier } from "../../transport/protocol/mod.ts";
import type { CloseReason, Path, PathHandlers } from "../../transport/transport.ts";
import { until } from "../fakes/until.ts";
import { type Reaction, REACTIONS } from "./reactions.ts";

/** The frames and closes that one end received. */
export class Inbox implements PathHandlers {
  readonly frames: string[] = [];
  readonly closes: CloseReason[] = [];
  /** Called for every frame, after the frame is recorded. */
  react: (text: string) => void = () => {};

  onFrame(text: string): void {
    this.frames.push(text);
    this.react(text);
  }

  onClose(reason: CloseReason): void {
    this.closes.push(reason);
  }
}

export interface PathEnd {
  readonly path: Path;
  readonly inbox: Inbox;
  /** Installs a reaction to every frame where the end lives, and resolves when it works; default: here. */
  react?(reaction: Reaction): Promise<void>;
}

export interface PathPair {
  readonly near: PathEnd;
  readonly far: PathEnd;
  /** Closes everything; resolves when nothing is open any more. */
  dispose(): Promise<void>;
}

export interface PathSuite {
  readonly name: string;
  readonly tier: Tier;
  /** Two open ends that have sent nothing yet. */
  open(): Promise<PathPair>;
  /** Starts to open, gives up at once, and checks that nothing stays open. */
  abort(): Promise<void>;
  /** Characters of the largest frame; default: the limit of the wire. */
  readonly maxFrameChars?: number;
  /** Leftovers of a close that end by themselves; default: none. */
  readonly leavesBehind?: string;
  /** Why frames sent just before `close` may be lost; default: they are delivered. */
  readonly losesOnClose?: string;
}

/** Frames that every queue on the way takes at once, including a node's queue for a polling member. */
const BURST = 800;

const ODD_TEXTS = [
  "🐐 👩‍👩‍👧‍👦 e\u0301 \u202eabc\u202c",
  "\u0000\u0001\u001f\u007f\u0080\u2028\u2029\ufeff\ufffe\uffff",
  '"quoted" \\back\\ </script><!-- \r\n\t',
  " ",
  "{}",
];

/** Registers the suite's tests. */
export function testPaths(suite: PathSuite): void {
  const isClean = suite.leavesBehind === undefined;
  const sanitizers = { sanitizeOps: isClean, sanitizeResources: isClean };
  const test = (name: string, run: (pair: PathPair) => Promise<void>, ignore = false) =>
    Deno.test({
      name: `${suite.name}: ${name}`,
      ignore,
      ...sanitizers,
      async fn() {
        const pair = await suite.open();
        try {
          await run(pair);
        } finally {
          await pair.dispose();
        }
      },
    });

  test("a new path is open on both sides, and of its tier", ({ near, far }) => {
    for (const { path } of [near, far]) {
      assert.deepEqual([path.isOpen, path.tier], [true, suite.tier]);
    }
    return Promise.resolve();
  });

  test("frames come out as they went in, in order", async ({ near, far }) => {
    const sent = Array.from({ length: 20 }, (_, n) => `frame ${n}`);
    for (const text of sent) assert.ok(near.path.send(text));
    await received(far, sent.length);
    assert.deepEqual(far.inbox.frames, sent);
  });

  test("frames of any size keep their order", async ({ near, far }) => {
    const sizes = [1, 60_000, 2, 100_000, 3, 20_000, 4];
    const sent = sizes.map((size, n) => String(n).repeat(size));
    for (const text of sent) assert.ok(near.path.send(text));
    await received(far, sent.length);
    assert.deepEqual(far.inbox.frames.map(({ length }) => length), sizes);
    assert.deepEqual(far.inbox.frames, sent);
  });

  test("every character survives", async ({ near, far }) => {
    for (const text of ODD_TEXTS) assert.ok(near.path.send(text));
    await received(far, ODD_TEXTS.length);
    assert.deepEqual(far.inbox.frames, ODD_TEXTS);
  });

  test("the largest frame arrives whole", async ({ near, far }) => {
    const text = "x".repeat((suite.maxFrameChars ?? LIMITS.frameChars) - 1) + "y";
    assert.ok(near.path.send(text));
    await received(far, 1);
    // `assert.equal` would print both texts.
    assert.ok(far.inbox.frames[0] === text);
  });

  test("a burst arrives without a gap", async ({ near, far }) => {
    const sent = Array.from({ length: BURST }, (_, n) => `${n}`);
    for (const text of sent) assert.ok(near.path.send(text));
    await received(far, BURST);
    assert.deepEqual(far.inbox.frames, sent);
  });

  test("both directions carry at once", async ({ near, far }) => {
    const sent = Array.from({ length: 200 }, (_, n) => `${n} ${"x".repeat(n)}`);
    for (const text of sent) {
      assert.ok(near.path.send(`near ${text}`));
      assert.ok(far.path.send(`far ${text}`));
    }
    await received(near, sent.length);
    await received(far, sent.length);
    assert.deepEqual(far.inbox.frames, sent.map((text) => `near ${text}`));
    assert.deepEqual(near.inbox.frames, sent.map((text) => `far ${text}`));
  });

  test("a frame can be answered while it is being received", async ({ near, far }) => {
    for (const end of [near, far]) await react(end, "answer");
    assert.ok(near.path.send("hi"));
    await received(far, 6);
    await received(near, 5);
    assert.equal(far.inbox.frames.at(-1), "hi!!!!!!!!!!");
    assert.equal(near.inbox.frames.at(-1), "hi!!!!!!!!!");
  });

  test("the other side hears of a close, once", async ({ near, far }) => {
    near.path.close();
    await until(() => far.inbox.closes.length > 0, "the far side hears of the close");
    assert.equal(far.path.isOpen, false);
    assert.equal(far.inbox.closes.length, 1);
  });

  test("whoever closes is told nothing of it, and is closed at once", async ({ near, far }) => {
    near.path.close();
    assert.equal(near.path.isOpen, false);
    await until(() => far.inbox.closes.length > 0, "the far side hears of the close");
    assert.deepEqual(near.inbox.closes, []);
  });

  test(
    `what was sent before a close is delivered${
      suite.losesOnClose ? `: ${suite.losesOnClose}` : ""
    }`,
    async ({ near, far }) => {
      for (const text of ["one", "two", "three"]) assert.ok(near.path.send(text));
      near.path.close();
      await until(() => far.inbox.closes.length > 0, "the far side hears of the close");
      assert.deepEqual(far.inbox.frames, ["one", "two", "three"]);
    },
    suite.losesOnClose !== undefined,
  );

  test("nothing arrives at a side that has closed", async ({ near, far }) => {
    await react(near, "close");
    for (let n = 0; n < 10; n++) assert.ok(far.path.send(`${n}`));
    await until(() => far.inbox.closes.length > 0, "the far side hears of the close");
    // A page reports its frames later than the network reports its close.
    await until(() => near.inbox.frames.length > 0, "the near side tells what it heard");
    assert.deepEqual(near.inbox.frames, ["0"]);
  });

  test("nothing is sent after a close", async ({ near, far }) => {
    near.path.close();
    assert.equal(near.path.send("too late"), false);
    await until(() => far.inbox.closes.length > 0, "the far side hears of the close");
    assert.deepEqual(far.inbox.frames, []);
  });

  test("nothing is sent once the other side has closed", async ({ near, far }) => {
    near.path.close();
    await until(() => far.inbox.closes.length > 0, "the far side hears of the close");
    assert.equal(far.path.send("too late"), false);
  });

  test("closing again does nothing", async ({ near, far }) => {
    near.path.close();
    near.path.close();
    await until(() => far.inbox.closes.length > 0, "the far side hears of the close");
    far.path.close();
    assert.deepEqual([near.inbox.closes.length, far.inbox.closes.length], [0, 1]);
  });

  test("both sides may close at once", ({ near, far }) => {
    near.path.close();
    far.path.close();
    assert.deepEqual([near.path.isOpen, far.path.isOpen], [false, false]);
    return Promise.resolve();
  });

  Deno.test({
    name: `${suite.name}: giving up while it opens leaves nothing open`,
    ...sanitizers,
    fn: () => suite.abort(),
  });
}

async function react(end: PathEnd, reaction: Reaction): Promise<void> {
  if (end.react !== undefined) await end.react(reaction);
  else end.inbox.react = (text) => REACTIONS[reaction](end.path, text);
}

function received({ inbox }: PathEnd, count: number): Promise<void> {
  return until(() => inbox.frames.length >= count, `${count} frames arrive`);
}
