/**
 * The page's state: where it is, which room is open, which dialog. Owns the navigation, the address bar
 * and the strategy with which a room is opened. `room_state.ts` owns the state inside a room.
 */
import { signal } from "@preact/signals";
import type { PeerId, RoomName, Strategy } from "../../../transport/protocol/mod.ts";
import { fetchConfig, type NodeConfig } from "../../node_config.ts";
import type { AppServices } from "./app_services.ts";
import { followNetwork } from "./network_events.ts";
import { RecentRooms } from "./recent_rooms.ts";
import { RoomState } from "./room_state.ts";
import { parseRoute, roomPath, type Route } from "./route.ts";
import { Settings } from "./settings.ts";
import { Speech } from "./speech.ts";

type RoomRoute = Extract<Route, { page: "room" }>;

/**
 * How long a room waits for the node's strategy before it opens, so that no connection which the
 * strategy forbids is tried. If the answer comes later, the session learns the strategy from its
 * `welcome`, before it makes a path to any peer.
 */
const CONFIG_TIMEOUT_MS = 500;

/** The note of an address that the page went to by itself: the one before it is the page's too. */
const FROM_START = { fromStart: true };

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
  /** A problem that belongs to no room; null when there is none, or it was dismissed. */
  readonly problem = signal<{ readonly id: number; readonly text: string } | null>(null);
  readonly config = signal<NodeConfig | null>(null);
  /** Whether a room is about to open and waits for the node's configuration. */
  readonly isOpening = signal(false);
  #configLoad: Promise<void> | null = null;
  /** The user's choice when the open room was opened; null to follow the node. */
  #choice: Strategy | null = null;

  constructor(services: AppServices) {
    this.services = services;
    this.settings = new Settings(services.storage);
    this.recent = new RecentRooms(services.storage);
    // A problem is shown only where it arose. In another dialog nobody would know its subject.
    this.dialog.subscribe(() => this.problem.value = null);
  }

  /** Shows a problem, also to screen readers, until it is dismissed or the page shows something else. */
  tellProblem(text: string): void {
    this.problem.value = { id: (this.problem.peek()?.id ?? 0) + 1, text };
  }

  /** Follows the address bar, and asks the node for its configuration. */
  start(): void {
    const { address, visibility, network } = this.services;
    address.onMove(() => this.#show(parseRoute(address.query())));
    // The room is not left on `pagehide`: a reloaded page takes its place back, and the node tells the
    // room about a page that does not return.
    visibility.onPageHide(() => this.#rememberSeen());
    visibility.onChange(() => {
      if (visibility.isVisible()) this.room.peek()?.reading.shown();
      this.#rememberSeen();
    });
    followNetwork(() => this.room.peek()?.session ?? null, network);
    void this.#loadConfig();
    this.#show(parseRoute(address.query()));
  }

  /** Goes to a room. Its page asks for a name when none is known. */
  openRoom(room: RoomName, peerId: PeerId | null = null): void {
    this.services.address.push(roomPath(room), FROM_START);
    this.#show({ page: "room", room, peerId });
  }

  /** Goes to the start page: back in the browser's history when the room was opened from there. */
  leaveRoom(): void {
    const { address } = this.services;
    if (isFromStart(address.note())) return address.back();
    address.replace("/");
    this.#show({ page: "start", problem: null });
  }

  /** Stores the user's name, and enters the room that waits for one. */
  setName(name: string): void {
    this.settings.setName(name);
    const route = this.route.peek();
    if (route.page === "room" && this.room.peek() === null) this.#enter(route);
  }

  /** Stores the user's strategy; null follows the node. Returns whether the open room was joined anew. */
  setStrategy(strategy: Strategy | null): boolean {
    this.settings.setStrategy(strategy);
    if (this.room.peek() === null || this.#choice === strategy) return false;
    this.rejoin();
    return true;
  }

  /** Leaves the open room and joins it anew: with another strategy, or after it was closed. */
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

  /**
   * The name to join with: the peer id in an older link, else the user's name. Empty when there is
   * neither.
   */
  nameFor(route: RoomRoute): string {
    return route.peerId ?? this.settings.name.peek();
  }

  /** The strategy that the node asks for, as far as it is known; null until the node has told. */
  get nodeStrategy(): Strategy | null {
    const room = this.room.value;
    const told = this.config.value?.strategy ?? null;
    return room !== null && this.#choice === null ? room.strategy.value : told;
  }

  /** Opens a room: at once when its strategy is known, else when the node has told or the wait is over. */
  #enter(route: RoomRoute): void {
    const isKnown = this.settings.strategy.peek() !== null || this.config.peek() !== null;
    if (isKnown) return this.#open(route);
    this.isOpening.value = true;
    void this.#enterWhenTold(route);
  }

  async #enterWhenTold(route: RoomRoute): Promise<void> {
    const timeout = Promise.withResolvers<void>();
    const cancel = this.services.clock.after(CONFIG_TIMEOUT_MS, timeout.resolve);
    await Promise.race([this.#loadConfig(), timeout.promise]);
    cancel();
    // Meanwhile the user may have left, or have opened the room with a choice.
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
    const { clock, visibility } = this.services;
    this.recent.opened(route.room, clock.epochMs());
    const options = { room: route.room, name, strategy, expectedStrategy, ...peer };
    const session = this.services.openSession(options);
    this.room.value = new RoomState(session, {
      isVisible: () => visibility.isVisible(),
      sayMessages: (messages) => this.speech.sayMessages(messages),
      sayStatus: (text) => this.speech.sayStatus(text),
      nowMs: () => clock.epochMs(),
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

  /** Asks the node for its configuration, again if an earlier request failed. */
  #loadConfig(): Promise<void> {
    this.#configLoad ??= this.#fetchConfig();
    return this.#configLoad;
  }

  async #fetchConfig(): Promise<void> {
    this.config.value = await fetchConfig(this.services.fetch, this.services.nodeUrl);
    if (this.config.peek() === null) this.#configLoad = null;
  }
}

function isFromStart(note: unknown): boolean {
  return (note as Partial<typeof FROM_START> | null)?.fromStart === true;
}
