/** Watches the lagging sockets, with one timer that runs only while there are any. */
import type { Clock } from "../../transport/transport.ts";

/** Short enough that a socket that has caught up resumes within a blink. */
const CHECK_MS = 200;

/** A socket whose frames are dropped until it has caught up. */
export interface LaggingSocket {
  readonly isOpen: boolean;
  /** Whether next to nothing waits in the socket any more. */
  readonly isDrained: boolean;
  /** Lets frames flow again. */
  resume(): void;
  /** Ends the member's stay, because the socket has not caught up in time. */
  giveUp(): void;
}

export class LagWatch {
  readonly #clock: Clock;
  readonly #giveUpMs: number;
  /** Since when each lagging socket lags. */
  readonly #behind = new Map<LaggingSocket, number>();
  #cancel: (() => void) | null = null;

  /** A socket that lags for `giveUpMs` is given up. */
  constructor(clock: Clock, giveUpMs: number) {
    this.#clock = clock;
    this.#giveUpMs = giveUpMs;
  }

  add(socket: LaggingSocket): void {
    this.#behind.set(socket, this.#clock.now());
    this.#cancel ??= this.#clock.after(CHECK_MS, () => this.#check());
  }

  remove(socket: LaggingSocket): void {
    this.#behind.delete(socket);
    if (this.#behind.size === 0) this.close();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #check(): void {
    this.#cancel = null;
    const nowMs = this.#clock.now();
    for (const [socket, sinceMs] of [...this.#behind]) {
      if (!socket.isOpen) this.#behind.delete(socket);
      else if (socket.isDrained) {
        this.#behind.delete(socket);
        socket.resume();
      } else if (nowMs - sinceMs >= this.#giveUpMs) {
        this.#behind.delete(socket);
        socket.giveUp();
      }
    }
    if (this.#behind.size > 0) {
      this.#cancel ??= this.#clock.after(CHECK_MS, () => this.#check());
    }
  }
}
