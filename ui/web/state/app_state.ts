/**
 * The page's state: where it is, which room is open, which dialog. Owns going from one place to
 * another and the address bar; what a room does is `room_state.ts`.
 */
import { signal } from "@preact/signals";
import type { PeerId, RoomName } from "../../../transport/protocol.ts";
import type { SessionView } from "../../../transport/view.ts";
import type { Check } from "../../../transport/doctor.ts";
import type { KeyValueStore } from "../../../transport/mod.ts";
import { parseRoute, roomPath, type Route } from "./links.ts";
import { fetchConfig, type NodeConfig } from "./node_config.ts";
import { RecentRooms } from "./recent_rooms.ts";
import { RoomState } from "./room_state.ts";
import { Settings } from "./settings.ts";
import { Speech } from "./speech.ts";

/** What opens a session; the composition root knows how. */
export type OpenSession = (
  options: { room: RoomName; name: string; peerId?: PeerId },
) => SessionView;

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
  /** Absent where there is nothing to check with. */
  readonly checkNetwork?: CheckNetwork;
}

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
  readonly config = signal<NodeConfig | null>(null);

  constructor(services: AppServices) {
    this.services = services;
    this.settings = new Settings(services.storage);
    this.recent = new RecentRooms(services.storage);
  }

  /** Follows the address bar, and asks the node about itself. */
  start(): void {
    addEventListener("popstate", () => this.#show(parseRoute(location.search)));
    // Nothing is left here: a reload takes its own place back, and the node announces who doesn't.
    addEventListener("pagehide", () => this.#rememberSeen());
    document.addEventListener("visibilitychange", () => {
      this.room.peek()?.seen();
      this.#rememberSeen();
    });
    this.#show(parseRoute(location.search));
    void this.#loadConfig();
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
    this.speech.clear();
    this.route.value = route;
    if (route.page === "room" && this.nameFor(route) !== "") this.#enter(route);
  }

  /** The name to join with: an older link's peer id, or the one that was given. Empty when neither. */
  nameFor(route: Extract<Route, { page: "room" }>): string {
    return route.peerId ?? this.settings.name.peek();
  }

  #enter(route: Extract<Route, { page: "room" }>): void {
    const name = this.nameFor(route);
    const lastSeen = this.recent.find(route.room)?.lastSeen ?? null;
    const peer = route.peerId === null ? {} : { peerId: route.peerId };
    this.recent.opened(route.room, Date.now());
    const session = this.services.openSession({ room: route.room, name, ...peer });
    this.room.value = new RoomState(session, {
      isVisible: () => document.visibilityState === "visible",
      sayMessages: (messages) => this.speech.sayMessages(messages),
      sayStatus: (text) => this.speech.sayStatus(text),
      nowMs: () => Date.now(),
    }, lastSeen);
  }

  #rememberSeen(): void {
    const room = this.room.peek();
    if (room !== null && room.lastSeen !== null) {
      this.recent.seenUpTo(room.session.room, room.lastSeen);
    }
  }

  #closeRoom(): void {
    this.#rememberSeen();
    this.room.peek()?.close();
    this.room.value = null;
  }

  async #loadConfig(): Promise<void> {
    this.config.value = await fetchConfig(this.services.fetch, this.services.nodeUrl);
  }
}
