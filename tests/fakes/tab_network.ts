/**
 * The way of one tab to its node, from an IP address of its own: real polling and WebSockets on a memory
 * network, each of which a test can block or cut for this tab alone.
 */
import { UserError } from "../../transport/errors.ts";
import type { MemoryNetwork } from "../../transport/memory.ts";
import type { Tier } from "../../transport/protocol/mod.ts";
import type { Clock, Path, PathHandlers, Transport } from "../../transport/transport.ts";
import { HttpPollingTransport } from "../../transport/uplink/http_polling.ts";
import type { JoinTarget } from "../../transport/uplink/join.ts";
import { HttpClient } from "./memory_http.ts";
import type { DialledFrom } from "./memory_node.ts";

/** The tiers of a tab's uplink, best first. */
export const UPLINK_TIERS = ["websocket", "http-polling"] as const;
export type UplinkTier = typeof UPLINK_TIERS[number];

/** One load of the page, whose connections end with it. */
interface Page {
  isGone: boolean;
}

export interface TabNetworkOptions {
  readonly network: MemoryNetwork;
  readonly clock: Clock;
  /** The tab's IP address. */
  readonly address: string;
  /** Told of each frame that a path brings. */
  readonly onArrival: (tier: Tier, text: string) => void;
}

export class TabNetwork {
  readonly #options: TabNetworkOptions;
  /** Tiers of the uplink that were dialled. */
  readonly dialled: Tier[] = [];
  /** Time that a dial takes beyond the network's latency. */
  dialDelayMs = 0;
  /** Time that frames from the node take beyond the network's latency. */
  downlinkDelayMs = 0;
  /** Tiers whose dials fail. */
  readonly #blocked = new Set<Tier>();
  /** Tiers whose dials and requests get no answer. */
  readonly #cut = new Set<Tier>();
  readonly #paths: Path[] = [];
  /** The ends of this tab's pipes to the node: WebSockets, and connections that carry requests. */
  readonly #pipeEnds: Path[] = [];
  #page: Page = { isGone: false };

  constructor(options: TabNetworkOptions) {
    this.#options = options;
  }

  /** The uplinks of a page that is loaded now. */
  load(): Transport<JoinTarget>[] {
    const page = { isGone: false };
    this.#page = page;
    return UPLINK_TIERS.map((tier) => this.#uplink(tier, page));
  }

  /** Refuses new dials of `tiers`, and resets the connections. */
  block(...tiers: readonly UplinkTier[]): void {
    for (const tier of tiers) this.#blocked.add(tier);
    for (const pipe of this.#pipesOf(tiers)) pipe.reset();
  }

  /** Drops everything on `tiers` in both directions. Neither side is told, and new dials get no answer. */
  cut(...tiers: readonly UplinkTier[]): void {
    for (const tier of tiers) this.#cut.add(tier);
    for (const pipe of this.#pipesOf(tiers)) pipe.cut();
  }

  /** Opens every tier again, for new dials. */
  allow(): void {
    this.#blocked.clear();
    this.#cut.clear();
  }

  /** Closes every path, as a page that goes away. */
  closeAll(): void {
    for (const path of this.#paths.splice(0)) path.close(1001);
  }

  /** Resets everything, and lets the page send nothing more. */
  kill(): void {
    this.#page.isGone = true;
    for (const pipe of this.#pipesOf(UPLINK_TIERS)) pipe.reset();
    this.#paths.length = 0;
  }

  /** Sends the node text that no session would send. */
  say(text: string): void {
    this.#paths.findLast(({ isOpen }) => isOpen)?.send(text);
  }

  #pipesOf(tiers: readonly Tier[]) {
    return this.#options.network.pipes.filter(({ tier, ends }) =>
      tiers.includes(tier) && this.#pipeEnds.some((end) => ends.includes(end))
    );
  }

  #uplink(tier: UplinkTier, page: Page): Transport<JoinTarget> {
    const { clock, onArrival } = this.#options;
    return {
      tier,
      dial: async (target, handlers, options) => {
        const onFrame = (text: string) => {
          onArrival(tier, text);
          handlers.onFrame(text);
        };
        this.dialled.push(tier);
        await new Promise<void>((resolve) => clock.after(this.dialDelayMs, resolve));
        const { held, release } = holdBack({
          ...handlers,
          onFrame: (text) => {
            if (this.downlinkDelayMs === 0) return onFrame(text);
            clock.after(this.downlinkDelayMs, () => onFrame(text));
          },
        });
        const path = await this.#transport(tier, page).dial(target, held, options);
        this.#paths.push(path);
        // One turn for this function to return, one for its caller to go on.
        queueMicrotask(() => queueMicrotask(release));
        return path;
      },
    };
  }

  #transport(tier: UplinkTier, page: Page): Transport<JoinTarget> {
    if (tier === "websocket") return this.#pipes(tier, page);
    const { clock } = this.#options;
    const { signal } = new AbortController();
    return {
      tier,
      dial: (target, handlers, options) => {
        const dial = (frames: PathHandlers) =>
          this.#pipes(tier, page).dial(target, frames, { signal });
        const { fetch } = new HttpClient({ clock, dial });
        return new HttpPollingTransport({ fetch, clock }).dial(target, handlers, options);
      },
    };
  }

  /** Dials pipes from the tab's own address. */
  #pipes(tier: UplinkTier, page: Page): Transport<JoinTarget> {
    const { network, address } = this.#options;
    return {
      tier,
      dial: async (target, handlers, { signal }) => {
        if (this.#cut.has(tier)) return await aborted(signal);
        if (page.isGone || this.#blocked.has(tier)) throw new UserError("peer-gone", `No ${tier}`);
        const from: DialledFrom = { ...target, address };
        const end = await network.transport(tier).dial(from, handlers, { signal });
        this.#pipeEnds.push(end);
        return end;
      },
    };
  }
}

/** A dial whose packets vanish: it only rejects, when `signal` is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
}

/** Handlers that keep what arrives before `release`: nothing may arrive before `dial` has returned. */
function holdBack(handlers: PathHandlers): { held: PathHandlers; release(): void } {
  const waiting: (() => void)[] = [];
  let isReleased = false;
  const pass = (deliver: () => void) => {
    if (isReleased) deliver();
    else waiting.push(deliver);
  };
  return {
    held: {
      onFrame: (text) => pass(() => handlers.onFrame(text)),
      onClose: (reason) => pass(() => handlers.onClose(reason)),
    },
    release() {
      isReleased = true;
      for (const deliver of waiting.splice(0)) deliver();
    },
  };
}
