/** A browser's tab without a browser: its address, its history, its events. */
import type { AddressBar, PageVisibility } from "../../../../ui/web/state/app_services.ts";
import type { NetworkSources } from "../../../../ui/web/state/network_events.ts";

interface Entry {
  readonly query: string;
  readonly note: unknown;
}

export class FakeBrowser {
  readonly window = new EventTarget();
  readonly document = new FakeDocument();
  readonly address: AddressBar;
  readonly visibility: PageVisibility;
  readonly network: NetworkSources;
  readonly #moves = new EventTarget();
  readonly #entries: Entry[];
  #current = 0;

  /** A tab at the address with `query`. `nowMs` is a clock that never goes back. */
  constructor(query: string, nowMs: () => number) {
    this.#entries = [{ query, note: null }];
    this.network = { window: this.window, document: this.document, connection: null, now: nowMs };
    this.address = {
      query: () => this.#entry.query,
      note: () => this.#entry.note,
      push: (path, note) => {
        this.#entries.splice(++this.#current, Infinity, { query: queryOf(path), note });
      },
      replace: (path) => this.#entries[this.#current] = { query: queryOf(path), note: null },
      // As in a browser, the address changes only after the call.
      back: () => queueMicrotask(() => this.go(-1)),
      onMove: (listener) => this.#moves.addEventListener("popstate", listener),
    };
    this.visibility = {
      isVisible: () => this.document.visibilityState === "visible",
      onChange: (listener) => this.document.addEventListener("visibilitychange", listener),
      onPageHide: (listener) => this.window.addEventListener("pagehide", listener),
    };
  }

  /** The queries of the history, the oldest first. */
  get queries(): string[] {
    return this.#entries.map(({ query }) => query);
  }

  /** Presses the browser's back or forward button. */
  go(by: -1 | 1): void {
    this.#current += by;
    this.#moves.dispatchEvent(new Event("popstate"));
  }

  show(state: "visible" | "hidden"): void {
    this.document.visibilityState = state;
    this.document.dispatchEvent(new Event("visibilitychange"));
  }

  /** Closes the page, or leaves it for another one. */
  hidePage(): void {
    this.window.dispatchEvent(new Event("pagehide"));
  }

  get #entry(): Entry {
    return this.#entries[this.#current]!;
  }
}

class FakeDocument extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
}

function queryOf(path: string): string {
  return new URL(path, "http://node").search;
}
