/**
 * What a node can give to those who use it only so much of: bytes in memory, places. One address may use
 * half of it while nobody else needs it; of the other half it has a share.
 */
import { addressKey } from "./by_address.ts";

/** Of what is held in all, that one address may hold once half of it is in use. */
const SHARE = 1 / 8;

export class ByteBudget {
  readonly #limit: number;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  /** `limit`: bytes in all. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get total(): number {
    return this.#total;
  }

  /** Holds more bytes for an address; false when it may not. */
  take(address: string, bytes: number): boolean {
    const key = addressKey(address);
    const held = (this.#byAddress.get(key) ?? 0) + bytes;
    const total = this.#total + bytes;
    if (total > this.#limit) return false;
    if (total > this.#limit / 2 && held > this.#limit * SHARE) return false;
    this.#byAddress.set(key, held);
    this.#total = total;
    return true;
  }

  /** Holds fewer. */
  give(address: string, bytes: number): void {
    const key = addressKey(address);
    const held = (this.#byAddress.get(key) ?? 0) - bytes;
    if (held <= 0) this.#byAddress.delete(key);
    else this.#byAddress.set(key, held);
    this.#total -= bytes;
  }
}

/** What one of them holds of a budget, for an address. */
export class BudgetShare {
  readonly #budget: ByteBudget;
  readonly #address: string;
  #held = 0;

  constructor(budget: ByteBudget, address: string) {
    this.#budget = budget;
    this.#address = address;
  }

  get held(): number {
    return this.#held;
  }

  /** Holds `bytes` from now on, instead of what it held; false when it may not, and holds that still. */
  hold(bytes: number): boolean {
    const more = bytes - this.#held;
    if (more > 0 && !this.#budget.take(this.#address, more)) return false;
    if (more < 0) this.#budget.give(this.#address, -more);
    this.#held = bytes;
    return true;
  }
}
