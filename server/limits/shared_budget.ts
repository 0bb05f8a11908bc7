/**
 * A limited resource of the node: bytes in memory, or places. One address may use all of the first half
 * while nobody else needs it. Once half is in use, an address may hold at most an eighth of the whole.
 */
import { addressKey } from "./by_address.ts";

const SHARE = 1 / 8;

export class SharedBudget {
  readonly #limit: number;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  /** `limit`: the whole amount, in bytes or in whatever the budget counts. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get total(): number {
    return this.#total;
  }

  /** Takes `amount` more for an address; false when that is not allowed. */
  take(address: string, amount: number): boolean {
    const key = addressKey(address);
    const held = (this.#byAddress.get(key) ?? 0) + amount;
    const total = this.#total + amount;
    if (total > this.#limit) return false;
    if (total > this.#limit / 2 && held > this.#limit * SHARE) return false;
    this.#byAddress.set(key, held);
    this.#total = total;
    return true;
  }

  /** Gives `amount` back for an address. */
  give(address: string, amount: number): void {
    const key = addressKey(address);
    const held = (this.#byAddress.get(key) ?? 0) - amount;
    if (held <= 0) this.#byAddress.delete(key);
    else this.#byAddress.set(key, held);
    this.#total -= amount;
  }
}

/** The part of a budget that one holder has, such as a queue or a body, for an address. */
export class BudgetShare {
  readonly #budget: SharedBudget;
  readonly #address: string;
  #held = 0;

  constructor(budget: SharedBudget, address: string) {
    this.#budget = budget;
    this.#address = address;
  }

  get held(): number {
    return this.#held;
  }

  /**
   * Holds `amount` from now on, instead of the amount so far. When that is not allowed, returns false and
   * changes nothing.
   */
  hold(amount: number): boolean {
    const more = amount - this.#held;
    if (more > 0 && !this.#budget.take(this.#address, more)) return false;
    if (more < 0) this.#budget.give(this.#address, -more);
    this.#held = amount;
    return true;
  }
}
