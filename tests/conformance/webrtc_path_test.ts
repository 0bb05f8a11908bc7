/** The WebRTC tiers: two real RTCPeerConnections in this process, their signals handed over directly. */
import assert from "node:assert/strict";
import type { PeerLink, PeerLinkHandlers, Signal } from "../../transport/peer_link.ts";
import type { Tier } from "../../transport/protocol.ts";
import type { Path } from "../../transport/transport.ts";
import { weriftLinks } from "../../transport/werift.ts";
import { until } from "../fakes/until.ts";
import { Inbox, type PathPair, testPaths } from "./path.ts";

/** A PeerLink as a Path. */
class LinkPath implements Path {
  readonly inbox = new Inbox();
  readonly link: PeerLink;
  openedAs: Tier | null = null;
  /** Where this end's signals go. */
  carry: (signal: Signal) => void = () => {};

  constructor(options: { isPolite: boolean }) {
    const handlers: PeerLinkHandlers = {
      onSignal: (signal) => this.carry(signal),
      onOpen: (tier) => this.openedAs = tier,
      onFrame: (text) => this.inbox.onFrame(text),
      onClose: (reason) => this.inbox.onClose({ code: 1006, reason }),
    };
    this.link = weriftLinks({ ...options, iceServers: [], isRelayOnly: false }, handlers);
  }

  get tier(): Tier {
    assert.ok(this.openedAs, "the link has opened");
    return this.openedAs;
  }

  get isOpen(): boolean {
    return this.link.isOpen;
  }

  send(text: string): boolean {
    return this.link.send(text);
  }

  close(): void {
    this.link.close();
  }
}

function newPair(): { near: LinkPath; far: LinkPath } {
  const near = new LinkPath({ isPolite: false });
  const far = new LinkPath({ isPolite: true });
  near.carry = (signal) => far.link.signal(signal);
  far.carry = (signal) => near.link.signal(signal);
  return { near, far };
}

async function openPair(): Promise<PathPair> {
  const { near, far } = newPair();
  near.link.offer();
  await until(() => near.openedAs !== null && far.openedAs !== null, "both ends open");
  return {
    near: { path: near, inbox: near.inbox },
    far: { path: far, inbox: far.inbox },
    dispose() {
      near.close();
      far.close();
      return Promise.resolve();
    },
  };
}

testPaths({
  name: "webrtc",
  tier: "webrtc-stun",
  open: openPair,
  leavesBehind:
    "werift's retransmission timers, for up to a second, and sockets that close behind it",
  losesOnClose: "closing an RTCPeerConnection drops what it has buffered",
  async abort() {
    const { near, far } = newPair();
    let signals = 0;
    near.carry = () => signals++;
    near.link.offer();
    near.close();
    far.close();
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual([near.isOpen, near.openedAs, signals], [false, null, 0]);
    assert.deepEqual([near.inbox.closes, far.inbox.closes], [[], []]);
  },
});

/** See `leavesBehind` above. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `webrtc: ${name}`, sanitizeOps: false, sanitizeResources: false, fn });
}

test("what a full buffer refuses is not sent, and the rest arrives", async () => {
  const { near, far, dispose } = await openPair();
  const text = "x".repeat(250_000);
  let taken = 0;
  while (near.path.send(`${taken} ${text}`)) assert.ok(++taken < 1_000, "the buffer has no bound");
  await until(() => far.inbox.frames.length >= taken, `${taken} frames arrive`);
  assert.ok(near.path.send("room again"));
  await until(() => far.inbox.frames.at(-1) === "room again", "the next frame arrives");
  assert.equal(far.inbox.frames.length, taken + 1);
  await dispose();
});

test("candidates may come before the description that they belong to", async () => {
  const { near, far } = newPair();
  const held: Signal[] = [];
  near.carry = (signal) => {
    if (signal.type === "ice") far.link.signal(signal);
    else held.push(signal);
  };
  near.link.offer();
  await until(() => held.length > 0, "the offer is made");
  for (const signal of held) far.link.signal(signal);
  await until(() => near.isOpen && far.isOpen, "both ends open");
  near.close();
  far.close();
});

test("a description that cannot be read closes the link with a reason", async () => {
  const { near, far } = newPair();
  far.link.signal({ type: "offer", sdp: "this is no SDP" });
  await until(() => far.inbox.closes.length > 0, "the link says that it failed");
  assert.notEqual(far.inbox.closes[0]?.reason, "");
  assert.equal(far.isOpen, false);
  near.close();
});
