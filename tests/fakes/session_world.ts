/** Sessions on a memory network with a real room in the middle, and what the tests ask of them. */
import { FakeClock } from "./clock.ts";
import { MemoryNode } from "./memory_node.ts";
import { seededRandom } from "./random.ts";
import { memoryStore } from "../../transport/identity.ts";
import { MemoryNetwork } from "../../transport/memory.ts";
import type { KeyValueStore } from "../../transport/kept_messages.ts";
import type { JoinTarget } from "../../transport/join.ts";
import type { CreatePeerLink, PeerLink, PeerLinkOptions } from "../../transport/peer_link.ts";
import {
  encodeFrame,
  type MemberFrame,
  type PeerId,
  type RoomName,
  type Strategy,
  type Tier,
} from "../../transport/protocol.ts";
import { createSession, type Session } from "../../transport/session.ts";
import type { Path, Transport } from "../../transport/transport.ts";
import type { SessionEvent } from "../../transport/view.ts";

export const ROOM = "lab" as RoomName;

export interface TabOptions {
  /** Default: none is chosen, the node's counts. */
  readonly strategy?: Strategy;
  /** The id that an older link asks for. */
  readonly peerId?: PeerId;
  /** What the page and the device keep; default: nothing yet. */
  readonly kept?: { readonly tab: KeyValueStore; readonly device: KeyValueStore };
}

/** One person's browser tab: it may be reloaded, which ends one session and begins the next. */
export class Tab {
  readonly name: string;
  session: Session;
  readonly events: SessionEvent[] = [];
  readonly #world: World;
  readonly #tab: KeyValueStore;
  readonly #device: KeyValueStore;
  readonly #paths: Path[] = [];
  readonly #strategy: Strategy | null;
  readonly #wanted: PeerId | undefined;
  /** Tiers of the uplink that were dialled. */
  readonly dialled: Tier[] = [];
  /** With what each direct connection was begun. */
  readonly linked: PeerLinkOptions[] = [];
  /** Behind a network that lets no direct connection through. */
  isUnreachable = false;
  #hasNode = true;
  /** What a dial takes beyond the network's latency. */
  dialDelayMs = 0;
  /** What frames from the node take beyond it. */
  downlinkDelayMs = 0;
  /** For tests that say by hand what no session would. */
  readonly links: PeerLink[] = [];
  /** Says to nobody directly that a message arrived. */
  confirmsNothing = false;
  /** Every frame that came directly. */
  readonly heard: string[] = [];

  constructor(world: World, name: string, { strategy, peerId, kept }: TabOptions) {
    this.#world = world;
    this.name = name;
    this.#tab = kept?.tab ?? memoryStore();
    this.#device = kept?.device ?? memoryStore();
    this.#strategy = strategy ?? null;
    this.#wanted = peerId;
    this.session = this.#open();
  }

  /** The page goes without a word, and comes back. */
  reload(): void {
    // A page that goes away closes its sockets with 1001 and says nothing else.
    for (const path of this.#paths.splice(0)) path.close(1001);
    this.session.leave();
    this.events.length = 0;
    this.session = this.#open();
  }

  /** The page is killed: its sockets are reset, and nobody answers on its direct paths. */
  kill(): void {
    for (const pipe of this.#world.network.pipes) {
      if (this.#paths.some((path) => pipe.ends.includes(path))) pipe.reset();
      else if (pipe.tier === "webrtc-stun") pipe.cut();
    }
    this.#paths.length = 0;
    this.session.leave();
  }

  /** A page that was killed is opened again, with what it kept. */
  restore(): void {
    this.session = this.#open();
  }

  /** The tab is duplicated: the copy has what this one keeps. */
  duplicate(name: string): Tab {
    const tab = memoryStore();
    for (const key of this.#tab.keys()) tab.set(key, this.#tab.get(key)!);
    return this.#world.open(name, { kept: { tab, device: this.#device } });
  }

  /** The sockets to the node are closed as those of a page that goes, which comes back no more. */
  closeSockets(): void {
    this.#hasNode = false;
    for (const path of this.#paths.splice(0)) path.close(1001);
  }

  /** Leaves, and comes back later with what this page keeps. */
  comeBack(): void {
    this.session.leave();
    this.session = this.#open();
  }

  /** Nothing goes to the node or comes from it any more, and nobody is told. */
  loseNode(): void {
    this.#hasNode = false;
    for (const pipe of this.#world.network.pipes) {
      if (this.#paths.some((path) => pipe.ends.includes(path))) pipe.cut();
    }
  }

  /** The way to the node is open again, for what is dialled from now on. */
  findNode(): void {
    this.#hasNode = true;
  }

  /** Says to the node what no session would. */
  say(frame: MemberFrame): void {
    this.#paths.at(-1)?.send(encodeFrame(frame));
  }

  /** The keys of what this page keeps over a reload. */
  get kept(): string[] {
    return this.#tab.keys();
  }

  get texts(): string[] {
    return this.session.messages.map(({ text }) => text);
  }

  /** Ids that this page was told of as new more than once. */
  get shownTwice(): string[] {
    const seen = new Set<string>();
    return this.events.flatMap((event) => {
      if (event.type !== "message" || !event.isNew) return [];
      const { id } = event.message;
      return seen.size === seen.add(id).size ? [id] : [];
    });
  }

  /** The tier of the path to `other`. */
  tierTo(other: Tab): string | null | undefined {
    return this.session.peers.find(({ peerId }) => peerId === other.session.peerId)?.path.tier;
  }

  #open(): Session {
    const { clock, random, usesWebRtc } = this.#world;
    const session = createSession({
      nodeUrl: "http://node",
      room: ROOM,
      name: this.name,
      peerId: this.#wanted,
      strategy: this.#strategy,
      platform: {
        clock,
        random,
        uplinks: [this.#uplink("websocket"), this.#uplink("http-polling")],
        createLink: usesWebRtc ? this.#link : null,
        tab: this.#tab,
        device: this.#device,
      },
    });
    session.subscribe((event) => this.events.push(event));
    session.join();
    return session;
  }

  readonly #link: CreatePeerLink = (options, handlers) => {
    if (this.isUnreachable) return NO_LINK;
    this.linked.push(options);
    const link = this.#world.network.createLink(options, {
      ...handlers,
      onFrame: (text) => {
        this.heard.push(text);
        handlers.onFrame(text);
      },
    });
    this.links.push(link);
    const send = link.send.bind(link);
    link.send = (text) => (this.confirmsNothing && text.includes(`"receipt"`)) || send(text);
    return link;
  };

  #uplink(tier: Tier): Transport<JoinTarget> {
    const transport = this.#world.network.transport(tier);
    return {
      tier,
      dial: async (target, handlers, options) => {
        this.dialled.push(tier);
        if (!this.#hasNode) return await aborted(options.signal);
        await new Promise<void>((resolve) => this.#world.clock.after(this.dialDelayMs, resolve));
        const path = await transport.dial(target, {
          ...handlers,
          onFrame: (text) => {
            if (this.downlinkDelayMs === 0) return handlers.onFrame(text);
            this.#world.clock.after(this.downlinkDelayMs, () => handlers.onFrame(text));
          },
        }, options);
        this.#paths.push(path);
        return path;
      },
    };
  }
}

/** What a packet that vanishes gets for an answer. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
}

/** One that never opens. */
const NO_LINK: PeerLink = {
  isOpen: false,
  canRestart: false,
  gathered: new Set(),
  offer() {},
  signal() {},
  send: () => false,
  close() {},
};

export class World {
  readonly clock = new FakeClock();
  readonly random: () => number;
  readonly network: MemoryNetwork;
  readonly node: MemoryNode;
  readonly tabs: Tab[] = [];
  /** For tests to note what was said. */
  readonly sent: string[] = [];
  usesWebRtc = true;

  constructor(seed = 1) {
    this.random = seededRandom(seed);
    this.network = new MemoryNetwork({ clock: this.clock, random: this.random });
    this.node = new MemoryNode(this.network);
  }

  open(name: string, options: TabOptions = {}): Tab {
    const tab = new Tab(this, name, options);
    this.tabs.push(tab);
    return tab;
  }

  /** What the node has on disk, in order. */
  get stored(): string[] {
    return this.node.store.since(ROOM, 0, 100_000).map(({ text }) => text);
  }

  close(): void {
    for (const { session } of this.tabs) session.leave();
    this.node.close();
  }
}

/** The names in a tab's peer_joined and peer_left events. */
export function told({ events }: Tab): string[] {
  return events.flatMap((event) =>
    event.type === "peer_joined" || event.type === "peer_left"
      ? [`${event.type} ${event.peer.name}`]
      : []
  );
}
