/** Watches the lagging sockets, with one timer that runs only while there are any. */
import type { Clock } from "../../transport/transport.ts";
import type { SocketLink } from "./signal_socket.ts";

/** Short enough that a socket that has caught up resumes within a blink. */
const CHECK_MS = 200;

export class LagWatch {
  readonly #clock: Clock;
  readonly #giveUpMs: number;
  /** Since when each lagging socket lags. */
  readonly #behind = new Map<SocketLink, number>();
  #cancel: (() => void) | null = null;

  /** A socket that lags for `giveUpMs` is given up. */
  constructor(clock: Clock, giveUpMs: number) {
    this.#clock = clock;
    this.#giveUpMs = giveUpMs;
  }

  add(link: SocketLink): void {
    this.#behind.set(link, this.#clock.now());
    this.#cancel ??= this.#clock.after(CHECK_MS, () => this.#check());
  }

  remove(link: SocketLink): void {
    this.#behind.delete(link);
    if (this.#behind.size === 0) this.close();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #check(): void {
    this.#cancel = null;
    const nowMs = this.#clock.now();
    for (const [link, sinceMs] of [...this.#behind]) {
      if (!link.isOpen) this.#behind.delete(link);
      else if (link.isDrained) {
        this.#behind.delete(link);
        link.resume();
      } else if (nowMs - sinceMs >= this.#giveUpMs) {
        this.#behind.delete(link);
        link.giveUp();
      }
    }
    if (this.#behind.size > 0) {
      this.#cancel ??= this.#clock.after(CHECK_MS, () => this.#check());
    }
  }
}
