/** Long polls that wait for a room's next message. */
import type { RoomName } from "../../transport/protocol/mod.ts";

export class Waiters {
  readonly #byRoom = new Map<RoomName, Set<() => void>>();

  /** Resolves at the room's next message, when `after` calls back, or when `signal` aborts. */
  wait(room: RoomName, options: { after: (run: () => void) => () => void; signal: AbortSignal }) {
    return new Promise<void>((resolve) => {
      const waiting = this.#byRoom.get(room) ?? new Set();
      this.#byRoom.set(room, waiting);
      const done = () => {
        cancel();
        options.signal.removeEventListener("abort", done);
        waiting.delete(done);
        if (waiting.size === 0 && this.#byRoom.get(room) === waiting) this.#byRoom.delete(room);
        resolve();
      };
      const cancel = options.after(done);
      waiting.add(done);
      options.signal.addEventListener("abort", done);
      if (options.signal.aborted) done();
    });
  }

  /** Wakes all long polls that wait for `room`. */
  wake(room: RoomName): void {
    const waiting = this.#byRoom.get(room);
    if (waiting === undefined) return;
    for (const done of [...waiting]) done();
  }

  close(): void {
    for (const room of [...this.#byRoom.keys()]) this.wake(room);
  }
}
