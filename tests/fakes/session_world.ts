/** Sessions on a memory network with a real room in the middle, and helpers for their tests. */
import { FakeClock } from "./clock.ts";
import { MemoryNode, type NodeSettings } from "./memory_node.ts";
import { seededRandom } from "./random.ts";
import { TabNetwork, UPLINK_TIERS } from "./tab_network.ts";
import { memoryStore } from "../../transport/key_value_store.ts";
import { MemoryNetwork } from "../../transport/memory.ts";
import type { KeyValueStore } from "../../transport/key_value_store.ts";
import type {
  CreateDirectConnection,
  DirectConnection,
  DirectConnectionOptions,
} from "../../transport/mesh/direct_connection.ts";
import {
  encodeFrame,
  type MemberFrame,
  type PeerId,
  type RoomName,
  type Strategy,
  type Tier,
} from "../../transport/protocol/mod.ts";
import { createSession, type Session } from "../../transport/session/session.ts";
import type { SessionEvent } from "../../transport/view.ts";

export const ROOM = "lab" as RoomName;

export interface TabOptions {
  /** Default: no choice, so that the node's strategy applies. */
  readonly strategy?: Strategy;
  /** The peer id that an older link asks for. */
  readonly peerId?: PeerId;
  /** Storage of the page and of the device; default: empty. */
  readonly kept?: { readonly tab: KeyValueStore; readonly device: KeyValueStore };
}

/** One person's browser tab. A reload ends its session and begins the next one. */
export class Tab {
  readonly name: string;
  session: Session;
  readonly events: SessionEvent[] = [];
  readonly #world: World;
  readonly #tab: KeyValueStore;
  readonly #device: KeyValueStore;
  readonly #strategy: Strategy | null;
  readonly #wanted: PeerId | undefined;
  /** The tab's way to the node. */
  readonly network: TabNetwork;
  /** Options of each direct connection that was begun. */
  readonly linked: DirectConnectionOptions[] = [];
  /** Whether the tab's network lets no direct connection through. */
  isUnreachable = false;
  /** Direct links, for tests that send frames which no session would send. */
  readonly links: DirectConnection[] = [];
  /** Whether the tab drops its receipts on direct paths. */
  confirmsNothing = false;
  /** Every frame that came, with the tier of the path that brought it. */
  readonly arrived: { readonly tier: Tier; readonly text: string }[] = [];
  /** Every frame that came on a direct path. */
  readonly heard: string[] = [];

  constructor(world: World, name: string, { strategy, peerId, kept }: TabOptions) {
    this.#world = world;
    this.name = name;
    const { network, clock, tabs } = world;
    this.network = new TabNetwork({
      network,
      clock,
      address: `203.0.113.${tabs.length}`,
      onArrival: (tier, text) => this.arrived.push({ tier, text }),
    });
    this.#tab = kept?.tab ?? memoryStore();
    this.#device = kept?.device ?? memoryStore();
    this.#strategy = strategy ?? null;
    this.#wanted = peerId;
    this.session = this.#open();
  }

  /** Reloads the page. It goes without a word, and comes back. */
  reload(): void {
    // A page that goes away closes its sockets with 1001 and sends nothing else.
    this.network.closeAll();
    this.session.leave();
    this.events.length = 0;
    this.session = this.#open();
  }

  /** Kills the page: its sockets are reset, and nobody answers on its direct paths. */
  kill(): void {
    this.network.kill();
    for (const pipe of this.#world.network.pipes) if (pipe.tier === "webrtc-stun") pipe.cut();
    this.session.leave();
  }

  /** Opens a killed page again, with its storage. */
  restore(): void {
    this.session = this.#open();
  }

  /** Duplicates the tab. The copy begins with this tab's storage. */
  duplicate(name: string): Tab {
    const tab = memoryStore();
    for (const key of this.#tab.keys()) tab.set(key, this.#tab.get(key)!);
    return this.#world.open(name, { kept: { tab, device: this.#device } });
  }

  /** Closes the sockets to the node like a page that goes away and does not come back. */
  closeSockets(): void {
    this.network.closeAll();
    this.loseNode();
  }

  /** Leaves, and comes back with this page's storage. */
  comeBack(): void {
    this.session.leave();
    this.session = this.#open();
  }

  /** Cuts the connections to the node in both directions. Neither side is told. */
  loseNode(): void {
    this.network.cut(...UPLINK_TIERS);
  }

  /** Opens the way to the node again, for new dials. */
  findNode(): void {
    this.network.allow();
  }

  /** Sends the node a frame that no session would send. */
  say(frame: MemberFrame): void {
    this.network.say(encodeFrame(frame));
  }

  /** Tiers of the uplink that were dialled. */
  get dialled(): readonly Tier[] {
    return this.network.dialled;
  }

  /** The keys of the storage that survives a reload. */
  get kept(): string[] {
    return this.#tab.keys();
  }

  get texts(): string[] {
    return this.session.messages.map(({ text }) => text);
  }

  /** The tier of the path on which the message `said` came first; null when it never came. */
  cameOn(said: string): Tier | null {
    const json = `"text":${JSON.stringify(said)}`;
    return this.arrived.find(({ text }) => text.includes(json))?.tier ?? null;
  }

  /** Ids of messages that this page got as new more than once. */
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
        uplinks: this.network.load(),
        createConnection: usesWebRtc ? this.#link : null,
        tab: this.#tab,
        device: this.#device,
      },
    });
    session.subscribe((event) => this.events.push(event));
    session.join();
    return session;
  }

  readonly #link: CreateDirectConnection = (options, handlers) => {
    if (this.isUnreachable) return NO_LINK;
    this.linked.push(options);
    const link = this.#world.network.createConnection(options, {
      ...handlers,
      onFrame: (text) => {
        this.heard.push(text);
        this.arrived.push({ tier: "webrtc-stun", text });
        handlers.onFrame(text);
      },
    });
    this.links.push(link);
    const send = link.send.bind(link);
    link.send = (text) => (this.confirmsNothing && text.includes(`"receipt"`)) || send(text);
    return link;
  };
}

/** A link that never opens. */
const NO_LINK: DirectConnection = {
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
  /** The texts that a test has sent. */
  readonly sent: string[] = [];
  usesWebRtc = true;

  constructor(seed = 1, settings: NodeSettings = {}) {
    this.random = seededRandom(seed);
    this.network = new MemoryNetwork({ clock: this.clock, random: this.random });
    this.node = new MemoryNode(this.network, settings);
  }

  open(name: string, options: TabOptions = {}): Tab {
    const tab = new Tab(this, name, options);
    this.tabs.push(tab);
    return tab;
  }

  /** Texts that the node has on disk, in order. */
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
