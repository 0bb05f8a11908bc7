/**
 * Tries the tiers above the active path beside it, and every allowed tier while the active path is forbidden.
 * It decides which tiers are tried, and what a failed try means; `Upgrades` knows when each one is due.
 */
import { TIER_PRIORITY } from "../path.ts";
import type { Clock, Transport } from "../transport.ts";
import type { Attempt } from "./attempt.ts";
import type { Dialler } from "./dialler.ts";
import type { JoinTarget } from "./join.ts";
import type { UplinkSignaling } from "./signaling.ts";
import { Upgrades } from "./upgrades.ts";

export interface BetterTiersOptions {
  readonly clock: Clock;
  readonly dialler: Dialler;
  readonly signaling: UplinkSignaling;
  /** Whether a negotiated tier is worth its cost now. */
  readonly wantsNegotiated: () => boolean;
  readonly active: () => Attempt | null;
  /** The active path is forbidden, and an allowed tier has failed. */
  readonly onForbidden: () => void;
}

export class BetterTiers {
  readonly #options: BetterTiersOptions;
  readonly #upgrades: Upgrades<Transport<JoinTarget>>;

  constructor(options: BetterTiersOptions) {
    this.#options = options;
    this.#upgrades = new Upgrades(options.clock, (transport) => this.#try(transport));
  }

  /** Plans tries anew. Where it is urgent, a tier without a failure is tried at once. */
  plan({ isUrgent }: { isUrgent: boolean }): void {
    const active = this.#options.active();
    const better = active === null ? [] : this.#above(active);
    this.#upgrades.plan(better, isUrgent ? 0 : undefined);
  }

  /** Forgets all failures: on a changed network, a failed tier may work now. */
  reset(): void {
    this.#upgrades.reset();
  }

  stop(): void {
    this.#upgrades.stop();
  }

  #above({ transport: active, tier: current }: Attempt): Transport<JoinTarget>[] {
    const { dialler, signaling } = this.#options;
    const priority = dialler.isAllowed(active) ? TIER_PRIORITY[current] : -Infinity;
    return dialler.allowed.filter(({ tier, needsUplink }) =>
      TIER_PRIORITY[tier] > priority && (needsUplink !== true || signaling.nodeHasWebRtc)
    );
  }

  #try(transport: Transport<JoinTarget>): void {
    const { dialler, wantsNegotiated, active } = this.#options;
    const current = active();
    if (current === null) return;
    const isUnderWay = current.transport === transport || dialler.isDialling(transport);
    if (isUnderWay || (transport.needsUplink && !wantsNegotiated())) {
      return this.#upgrades.failed(transport);
    }
    dialler.dial(transport, () => this.#onFailure(transport));
  }

  #onFailure(transport: Transport<JoinTarget>): void {
    const { dialler, active, onForbidden } = this.#options;
    const current = active();
    if (current === null) return;
    if (dialler.isAllowed(current.transport)) this.#upgrades.failed(transport);
    else onForbidden();
  }
}
