/**
 * Troubles of a lab in fast succession. A seeded generator draws each trouble and its time, so that a
 * run can be repeated. Knows nothing of messages.
 */
import type { Home } from "../lab/home.ts";
import type { World } from "../lab/world.ts";

/**
 * Troubles at once. With more, nobody has a path for a long time, and an outbox holds a thousand
 * messages.
 */
const MAX_AT_ONCE = 3;
const MIN_PAUSE_MS = 200;
const MAX_PAUSE_MS = 1_500;

/** One thing that can go wrong. */
interface Trouble {
  readonly name: string;
  /** The broken home or service. A subject has at most one trouble at a time. */
  readonly subject: unknown;
  begin(): Promise<void>;
  end(): Promise<void>;
}

export class Troubles {
  /** Number of times that each trouble happened, by name. */
  readonly counts = new Map<string, number>();
  readonly #random: () => number;
  readonly #all: readonly Trouble[];
  readonly #active: Trouble[] = [];

  constructor(world: World, options: { homes: readonly Home[]; random: () => number }) {
    this.#random = options.random;
    this.#all = [
      ...options.homes.flatMap(homeTroubles),
      ...serviceTroubles("the node stops", world.node),
      ...serviceTroubles("coturn stops", world.coturn),
    ];
  }

  /** Breaks and mends for `durationMs` milliseconds, then mends everything. */
  async goOn(durationMs: number): Promise<void> {
    const endsAtMs = performance.now() + durationMs;
    while (performance.now() < endsAtMs) {
      await this.#step();
      const pauseMs = MIN_PAUSE_MS + this.#random() * (MAX_PAUSE_MS - MIN_PAUSE_MS);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    while (this.#active.length > 0) await this.#endOldest();
  }

  async #step(): Promise<void> {
    const isFull = this.#active.length === MAX_AT_ONCE;
    if (isFull || (this.#active.length > 0 && this.#random() < 0.4)) return await this.#endOldest();
    const possible = this.#all.filter(({ subject }) =>
      this.#active.every((active) => active.subject !== subject)
    );
    const trouble = possible[Math.floor(this.#random() * possible.length)]!;
    this.counts.set(trouble.name, (this.counts.get(trouble.name) ?? 0) + 1);
    this.#active.push(trouble);
    await trouble.begin();
  }

  async #endOldest(): Promise<void> {
    await this.#active.shift()!.end();
  }
}

function homeTroubles(home: Home): Trouble[] {
  const mend = () => home.mend();
  return [
    {
      name: "UDP is cut",
      subject: home,
      begin: () => home.cut({ websocket: false }),
      end: mend,
    },
    {
      name: "UDP and the WebSocket are cut",
      subject: home,
      begin: () => home.cut({ websocket: true }),
      end: mend,
    },
    {
      name: "a client's address changes",
      subject: home,
      begin: () => home.takeOtherAddress(),
      end: () => Promise.resolve(),
    },
  ];
}

function serviceTroubles(name: string, service: World["node"]): Trouble[] {
  return [{
    name,
    subject: service,
    begin: () => service.stop(),
    end: () => service.start(),
  }];
}
