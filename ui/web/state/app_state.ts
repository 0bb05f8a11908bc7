/**
 * The page's state: where it is, which room is open, which dialog. Owns going from one place to
 * another, the address bar and the strategy a room is opened with; what a room does is
 * `room_state.ts`.
 */
import { signal } from "@preact/signals";
import type { PeerId, RoomName, Strategy } from "../../../transport/protocol.ts";
import type { SessionView } from "../../../transport/view.ts";
import type { Check } from "../../../transport/doctor_checks.ts";
import type { KeyValueStore } from "../../../transport/mod.ts";
import { followNetwork, type NetworkSources } from "./network_events.ts";
import { parseRoute, roomPath, type Route } from "./links.ts";
import { fetchConfig, type NodeConfig } from "./node_config.ts";
import { RecentRooms } from "./recent_rooms.ts";
import { RoomState } from "./room_state.ts";
import { Settings } from "./settings.ts";
import { Speech } from "./speech.ts";

/** What a room is opened with. */
export interface RoomOptions {
  readonly room: RoomName;
  readonly name: string;
  readonly peerId?: PeerId;
  /** The user's choice; null to follow the node. */
  readonly strategy: Strategy | null;
  /** What the node is known to ask for. */
  readonly expectedStrategy: Strategy;
}

/** What opens a session; the composition root knows how. */
export type OpenSession = (options: RoomOptions) => SessionView;

/** Checks what this network allows, and tells of each thing as soon as it is known. */
export type CheckNetwork = (
  onCheck: (check: Check) => void,
  signal: AbortSignal,
) => Promise<unknown>;

/** What the page needs of the world around it. */
export interface AppServices {
  readonly openSession: OpenSession;
  readonly fetch: typeof fetch;
  /** The node's base address: this page's own origin. */
  readonly nodeUrl: string;
  /** Outlasts the tab: name, theme, rooms. */
  readonly storage: KeyValueStore;
  /** Outlasts a reload: drafts. */
  readonly tabStorage: KeyValueStore;
  /** What says that the network may be another one. */
  readonly network: NetworkSources;
  /** Absent where there is nothing to check with. */
  readonly checkNetwork?: CheckNetwork;
}

type RoomRoute = Extract<Route, { page: "room" }>;

/**
 * A room waits this long for the node to say which strategy it wants, so that no other connection is
 * even tried. What is later than that, the session learns from its `welcome`, before any path is made.
 */
const CONFIG_TIMEOUT_MS = 500;

export type DialogName = "invite" | "settings" | "people";

export class AppState {
  readonly services: AppServices;
  readonly settings: Settings;
  readonly recent: RecentRooms;
  readonly speech = new Speech();
  readonly route = signal<Route>({ page: "start", problem: null });
  /** The open room; null on the start page and while a name is asked for. */
  readonly room = signal<RoomState | null>(null);
  readonly dialog = signal<DialogName | null>(null);
  /** Something that went wrong and belongs to no room; null when dismissed. */
  readonly problem = signal<{ readonly id: number; readonly text: string } | null>(null);
  readonly config = signal<NodeConfig | null>(null);
  /** Whether a room is about to open, and waits for the node's configuration. */
  readonly isOpening = signal(false);
  #configLoad: Promise<void> | null = null;
  /** The choice that the open room was opened with. */
  #choice: Strategy | null = null;

  constructor(services: AppServices) {
    this.services = services;
    this.settings = new Settings(services.storage);
    this.recent = new RecentRooms(services.storage);
    // A problem is shown where it arose: in another dialog nobody knows what it was about.
    this.dialog.subscribe(() => this.problem.value = null);
  }

  /** Shows a problem, and says it, until it is dismissed or the page shows something else. */
  tellProblem(text: string): void {
    this.problem.value = { id: (this.problem.peek()?.id ?? 0) + 1, text };
  }

  /** Follows the address bar, and asks the node about itself. */
  start(): void {
    addEventListener("popstate", () => this.#show(parseRoute(location.search)));
    // Nothing is left here: a reload takes its own place back, and the node announces who doesn't.
    addEventListener("pagehide", () => this.#rememberSeen());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.room.peek()?.reading.shown();
      this.#rememberSeen();
    });
    followNetwork(() => this.room.peek()?.session ?? null, this.services.network);
    void this.#loadConfig();
    this.#show(parseRoute(location.search));
  }

  /** Goes to a room. Its page asks for a name when none is known. */
  openRoom(room: RoomName, peerId: PeerId | null = null): void {
    history.pushState({ fromStart: true }, "", roomPath(room));
    this.#show({ page: "room", room, peerId });
  }

  /** Goes back to the start page, by the browser's own way when it came from there. */
  leaveRoom(): void {
    const cameFromStart = (history.state as { fromStart?: boolean } | null)?.fromStart === true;
    if (cameFromStart) return history.back();
    history.replaceState(null, "", "/");
    this.#show({ page: "start", problem: null });
  }

  /** Takes a name, and with it into the room that waits for one. */
  setName(name: string): void {
    this.settings.setName(name);
    const route = this.route.peek();
    if (route.page === "room" && this.room.peek() === null) this.#enter(route);
  }

  /** Takes a strategy, null for the node's own. Returns whether it joined the open room anew. */
  setStrategy(strategy: Strategy | null): boolean {
    this.settings.setStrategy(strategy);
    if (this.room.peek() === null || this.#choice === strategy) return false;
    this.rejoin();
    return true;
  }

  /** Leaves the open room and joins it anew: under a new name, or after it was closed. */
  rejoin(): void {
    const route = this.route.peek();
    if (route.page !== "room") return;
    this.#closeRoom();
    this.#enter(route);
  }

  #show(route: Route): void {
    this.#closeRoom();
    this.dialog.value = null;
    this.problem.value = null;
    this.speech.clear();
    this.route.value = route;
    if (route.page === "room" && this.nameFor(route) !== "") this.#enter(route);
  }

  /** The name to join with: an older link's peer id, or the one that was given. Empty when neither. */
  nameFor(route: RoomRoute): string {
    return route.peerId ?? this.settings.name.peek();
  }

  /** What the node asks for, as far as it has said so; null until then. */
  get nodeStrategy(): Strategy | null {
    const room = this.room.value;
    const told = this.config.value?.strategy ?? null;
    return room !== null && this.#choice === null ? room.strategy.value : told;
  }

  /** Opens a room as soon as it is known with which strategy. */
  #enter(route: RoomRoute): void {
    const isKnown = this.settings.strategy.peek() !== null || this.config.peek() !== null;
    if (isKnown) return this.#open(route);
    this.isOpening.value = true;
    void this.#enterWhenTold(route);
  }

  async #enterWhenTold(route: RoomRoute): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, CONFIG_TIMEOUT_MS));
    await Promise.race([this.#loadConfig(), timeout]);
    clearTimeout(timer);
    // Somebody may have gone elsewhere meanwhile, or have chosen for themselves.
    if (this.route.peek() !== route || this.room.peek() !== null) return;
    this.#open(route);
  }

  #open(route: RoomRoute): void {
    this.isOpening.value = false;
    const strategy = this.settings.strategy.peek();
    this.#choice = strategy;
    const expectedStrategy = this.config.peek()?.strategy ?? "auto";
    const name = this.nameFor(route);
    const lastSeen = this.recent.find(route.room)?.lastSeen ?? null;
    const peer = route.peerId === null ? {} : { peerId: route.peerId };
    this.recent.opened(route.room, Date.now());
    const options = { room: route.room, name, strategy, expectedStrategy, ...peer };
    const session = this.services.openSession(options);
    this.room.value = new RoomState(session, {
      isVisible: () => document.visibilityState === "visible",
      sayMessages: (messages) => this.speech.sayMessages(messages),
      sayStatus: (text) => this.speech.sayStatus(text),
      nowMs: () => Date.now(),
    }, lastSeen);
  }

  #rememberSeen(): void {
    const room = this.room.peek();
    const lastSeen = room?.reading.lastSeen ?? null;
    if (room !== null && lastSeen !== null) this.recent.seenUpTo(room.session.room, lastSeen);
  }

  #closeRoom(): void {
    this.#rememberSeen();
    this.room.peek()?.close();
    this.room.value = null;
    this.isOpening.value = false;
  }

  /** Asks the node about itself; again when it did not answer before. */
  #loadConfig(): Promise<void> {
    this.#configLoad ??= this.#fetchConfig();
    return this.#configLoad;
  }

  async #fetchConfig(): Promise<void> {
    this.config.value = await fetchConfig(this.services.fetch, this.services.nodeUrl);
    if (this.config.peek() === null) this.#configLoad = null;
  }
}
