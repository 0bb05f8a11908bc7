/**
 * A network in memory, for tests of everything above a transport. Its pipes delay, lose, duplicate and
 * reorder frames as configured. With no faults it keeps the contract of every other transport.
 */
import { UserError } from "./errors.ts";
import type { JoinTarget } from "./uplink/join.ts";
import type {
  CreateDirectConnection,
  DirectConnection,
  DirectConnectionHandlers,
  Signal,
} from "./mesh/direct_connection.ts";
import type { Tier } from "./protocol/mod.ts";
import type { Clock, CloseReason, Path, PathHandlers, Transport } from "./transport.ts";

/** Faults of a network: the chance of each, from 0 to 1, drawn for every frame. */
export interface Faults {
  readonly loss: number;
  readonly duplicate: number;
  /** Chance that a frame arrives late, so that later frames overtake it. */
  readonly reorder: number;
}

/** A network without faults. */
export const NO_FAULTS: Faults = { loss: 0, duplicate: 0, reorder: 0 };

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** 0 (inclusive) to 1, as `Math.random`; seeded, so that a run can be repeated. */
  readonly random: () => number;
  /** One-way latency; default 10. */
  readonly latencyMs?: number;
}

/** Accepts a new uplink on the node's side. Throws to refuse it. */
export type Accept = (target: JoinTarget, path: Path, tier: Tier) => PathHandlers;

/** Every pipe of one test. */
export class MemoryNetwork {
  readonly clock: Clock;
  readonly #random: () => number;
  readonly #latencyMs: number;
  readonly #pipes = new Set<Pipe>();
  readonly #connections = new Map<string, MemoryConnection>();
  #connectionCount = 0;
  faults: Faults = NO_FAULTS;
  /** Accepts uplinks for the node; null while the node is down. */
  accept: Accept | null = null;
  /** Whether two peers can reach each other directly. */
  allowsDirect = true;
  /** Types of the candidates that each end of a direct connection gathers. */
  gathered: ReadonlySet<string> = new Set(["host"]);
  /** Tiers of the uplink that this network blocks. */
  readonly blockedTiers = new Set<Tier>();

  constructor({ clock, random, latencyMs = 10 }: MemoryNetworkOptions) {
    this.clock = clock;
    this.#random = random;
    this.#latencyMs = latencyMs;
  }

  /** Open pipes, including direct connections. */
  get pipes(): readonly Pipe[] {
    return [...this.#pipes];
  }

  /** Opens a pipe; each end's frames reach the other's handlers. */
  pipe(tier: Tier, near: PathHandlers, far: PathHandlers): [Path, Path] {
    const pipe = new Pipe(this, tier, [near, far]);
    this.#pipes.add(pipe);
    pipe.onGone = () => this.#pipes.delete(pipe);
    return pipe.ends;
  }

  /** An uplink transport of `tier` to the node. */
  transport(tier: Tier): Transport<JoinTarget> {
    return {
      tier,
      dial: async (target, handlers, { signal }) => {
        await this.#delay(signal);
        const { accept } = this;
        if (accept === null || this.blockedTiers.has(tier)) {
          throw new UserError("peer-gone", `No ${tier} to ${target.nodeUrl}`);
        }
        let far: PathHandlers = { onFrame() {}, onClose() {} };
        const [nearPath, farPath] = this.pipe(tier, handlers, {
          onFrame: (text) => far.onFrame(text),
          onClose: (reason) => far.onClose(reason),
        });
        try {
          far = accept(target, farPath, tier);
        } catch (error) {
          nearPath.close();
          throw error;
        }
        return nearPath;
      },
    };
  }

  /** Makes direct connections between peers; their "SDP" is the connection's name in this network. */
  readonly createConnection: CreateDirectConnection = ({ isPolite }, handlers) => {
    const name = `connection-${++this.#connectionCount}`;
    const connection = new MemoryConnection({ network: this, name, isPolite, handlers });
    this.#connections.set(name, connection);
    return connection;
  };

  connectionNamed(name: string): MemoryConnection | undefined {
    return this.#connections.get(name);
  }

  forgetConnection(name: string): void {
    this.#connections.delete(name);
  }

  /** Delays in milliseconds until each copy of a frame arrives; none when it is lost. */
  drawDelays(): number[] {
    if (this.#random() < this.faults.loss) return [];
    const isLate = this.#random() < this.faults.reorder;
    const delay = this.#latencyMs * (isLate ? 2 + 8 * this.#random() : 1);
    return this.#random() < this.faults.duplicate ? [delay, delay + this.#latencyMs] : [delay];
  }

  #delay(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const cancel = this.clock.after(this.#latencyMs, resolve);
      signal.addEventListener("abort", () => {
        cancel();
        reject(signal.reason);
      }, { once: true });
    });
  }
}

/** Two connected ends. */
export class Pipe {
  readonly tier: Tier;
  readonly ends: [Path, Path];
  onGone: () => void = () => {};
  readonly #network: MemoryNetwork;
  readonly #handlers: readonly [PathHandlers, PathHandlers];
  readonly #isOpen = [true, true];
  #isCut = false;

  constructor(network: MemoryNetwork, tier: Tier, handlers: [PathHandlers, PathHandlers]) {
    this.#network = network;
    this.tier = tier;
    this.#handlers = handlers;
    this.ends = [this.#end(0), this.#end(1)];
  }

  /** Drops all frames from now on, without telling either end. */
  cut(): void {
    this.#isCut = true;
  }

  /** Closes both ends, as a reset connection does. */
  reset(): void {
    for (const side of [0, 1] as const) this.#closeEnd(side, { code: 1006, reason: "reset" });
  }

  #end(side: 0 | 1): Path {
    const other = side === 0 ? 1 : 0;
    const isOpen = () => this.#isOpen[side] === true;
    return {
      tier: this.tier,
      get isOpen() {
        return isOpen();
      },
      send: (text) => {
        if (!isOpen()) return false;
        if (this.#isCut) return true;
        for (const delayMs of this.#network.drawDelays()) {
          this.#network.clock.after(delayMs, () => {
            if (this.#isOpen[other] && !this.#isCut) this.#handlers[other].onFrame(text);
          });
        }
        return true;
      },
      close: (code = 1000, reason = "") => {
        if (!isOpen()) return;
        this.#isOpen[side] = false;
        this.onGone();
        if (this.#isCut) return;
        // Behind the frames sent before, unless one of them drew a longer delay.
        const lastMs = Math.max(10, ...this.#network.drawDelays()) + 1;
        this.#network.clock.after(lastMs, () => this.#closeEnd(other, { code, reason }));
      },
    };
  }

  #closeEnd(side: 0 | 1, reason: CloseReason): void {
    if (!this.#isOpen[side]) return;
    this.#isOpen[side] = false;
    this.onGone();
    this.#handlers[side].onClose(reason);
  }
}

interface MemoryConnectionOptions {
  readonly network: MemoryNetwork;
  readonly name: string;
  readonly isPolite: boolean;
  readonly handlers: DirectConnectionHandlers;
}

/** One end of a direct connection: offer and answer carry the ends' names, and a pipe joins them. */
class MemoryConnection implements DirectConnection {
  readonly canRestart = true;
  readonly #options: MemoryConnectionOptions;
  #hasOffered = false;
  #path: Path | null = null;
  #isClosed = false;

  constructor(options: MemoryConnectionOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#path?.isOpen === true;
  }

  get gathered(): ReadonlySet<string> {
    return this.#options.network.gathered;
  }

  offer(): void {
    this.#hasOffered = true;
    this.#options.handlers.onSignal({ type: "offer", sdp: this.#options.name });
  }

  signal(signal: Signal): void {
    if (this.#isClosed || signal.type === "ice") return;
    const { network, name, isPolite, handlers } = this.#options;
    if (signal.type === "offer") {
      if (this.#hasOffered && !isPolite) return;
      this.#hasOffered = false;
      handlers.onSignal({ type: "answer", sdp: name });
      return;
    }
    if (!this.#hasOffered) return;
    this.#hasOffered = false;
    const other = network.connectionNamed(signal.sdp);
    if (other === undefined || !network.allowsDirect || this.isOpen) return;
    const [near, far] = network.pipe("webrtc-stun", this.pathHandlers(), other.pathHandlers());
    this.open(near);
    other.open(far);
  }

  pathHandlers(): PathHandlers {
    const { handlers } = this.#options;
    return {
      onFrame: (text) => handlers.onFrame(text),
      onClose: ({ reason }) => {
        if (this.#isClosed) return;
        this.close();
        handlers.onClose(reason);
      },
    };
  }

  open(path: Path): void {
    if (this.#isClosed) return path.close();
    this.#path = path;
    this.#options.handlers.onOpen("webrtc-stun");
  }

  send(text: string): boolean {
    return this.#path?.send(text) ?? false;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.network.forgetConnection(this.#options.name);
    this.#path?.close();
  }
}
