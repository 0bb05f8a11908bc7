/**
 * The services of the browser and of the session that the page's state uses, as interfaces: so the state
 * runs in tests without a browser.
 */
import type { Check } from "../../../transport/doctor/checks.ts";
import type { Clock, KeyValueStore } from "../../../transport/mod.ts";
import type { PeerId, RoomName, Strategy } from "../../../transport/protocol/mod.ts";
import type { SessionView } from "../../../transport/view.ts";
import type { NetworkSources } from "./network_events.ts";

/** The options with which a room is opened. */
export interface RoomOptions {
  readonly room: RoomName;
  readonly name: string;
  readonly peerId?: PeerId;
  /** The user's choice; null to follow the node. */
  readonly strategy: Strategy | null;
  /** The strategy that the node asks for, as far as the page knows; "auto" before the node has told. */
  readonly expectedStrategy: Strategy;
}

/** Opens a session. The composition root provides it. */
export type OpenSession = (options: RoomOptions) => SessionView;

/** Checks what this network allows. Calls `onCheck` with each result as soon as it is known. */
export type CheckNetwork = (
  onCheck: (check: Check) => void,
  signal: AbortSignal,
) => Promise<unknown>;

/**
 * The address bar, and the browser's history behind it. Each entry of the history has an address and a
 * note of this page, which outlasts a reload.
 */
export interface AddressBar {
  /** The query of the address: empty, or with its `?`. */
  query(): string;
  /** The note of the current entry; null when it has none. */
  note(): unknown;
  /** Goes to `path` as a new entry of the history. Does not call the listeners of `onMove`. */
  push(path: string, note: unknown): void;
  /** Puts `path`, without a note, in the place of the current entry. */
  replace(path: string): void;
  /** Goes one entry back. The address has changed when `onMove` says so, not when this returns. */
  back(): void;
  /** Calls `listener` whenever the user or `back` has gone to another entry. */
  onMove(listener: () => void): void;
}

/** Whether the user sees the page. */
export interface PageVisibility {
  isVisible(): boolean;
  /** Calls `listener` whenever the page was shown or hidden. */
  onChange(listener: () => void): void;
  /** Calls `listener` when the page goes away; it may come back from the back/forward cache. */
  onPageHide(listener: () => void): void;
}

/** The services that the page needs from outside; `platform.ts` and `main.tsx` bind them. */
export interface AppServices {
  readonly openSession: OpenSession;
  readonly fetch: typeof fetch;
  /** The node's base address: this page's own origin. */
  readonly nodeUrl: string;
  /** Storage that outlasts the tab: name, theme, rooms. */
  readonly storage: KeyValueStore;
  /** Storage that outlasts a reload: drafts. */
  readonly tabStorage: KeyValueStore;
  readonly clock: Clock;
  readonly address: AddressBar;
  readonly visibility: PageVisibility;
  /** The sources of events after which the network may be another one. */
  readonly network: NetworkSources;
  /** Absent when there is no way to check. */
  readonly checkNetwork?: CheckNetwork;
}
