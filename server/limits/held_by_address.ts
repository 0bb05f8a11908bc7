/**
 * Tracks the items of a bounded resource that each address holds: how much, the oldest item, and which
 * address holds the most. A change takes logarithmic time in the number of addresses, however many items
 * they hold. This class sets no bound, and releases nothing by itself.
 */

/** One held item: an element of its address's linked list, by age. */
export interface Held<T> {
  readonly item: T;
  readonly amount: number;
  readonly holding: Holding<T>;
  newer: Held<T> | null;
  older: Held<T> | null;
}

/** The items that one address holds. */
export interface Holding<T> {
  readonly key: string;
  amount: number;
  /** Index in the heap. */
  at: number;
  oldest: Held<T> | null;
  newest: Held<T> | null;
}

export class HeldByAddress<T> {
  readonly #holdings = new Map<string, Holding<T>>();
  /** A binary max-heap by amount: the first element holds the most. */
  readonly #heap: Holding<T>[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Records that the address `key` (of `addressKey`) holds `item`. */
  add(key: string, item: T, amount: number): Held<T> {
    const holding = this.#holdings.get(key) ?? this.#begin(key);
    const held: Held<T> = { item, amount, holding, newer: null, older: holding.newest };
    if (holding.newest === null) holding.oldest = held;
    else holding.newest.newer = held;
    holding.newest = held;
    this.#change(holding, amount);
    return held;
  }

  remove(held: Held<T>): void {
    const { holding, newer, older, amount } = held;
    if (older === null) holding.oldest = newer;
    else older.newer = newer;
    if (newer === null) holding.newest = older;
    else newer.older = older;
    this.#change(holding, -amount);
    if (holding.oldest === null) this.#end(holding);
  }

  /**
   * Returns the item to release first when `key` is to hold `amount` more: the oldest item of the address
   * that would then hold the most. `key` itself counts only if it holds something already. Null when
   * nothing is held.
   */
  firstToGo(key: string, amount: number): T | null {
    const own = this.#holdings.get(key);
    const most = this.#heap[0];
    const holding = own !== undefined && own.amount + amount > most!.amount ? own : most;
    return holding?.oldest?.item ?? null;
  }

  #begin(key: string): Holding<T> {
    const holding = { key, amount: 0, at: this.#heap.length, oldest: null, newest: null };
    this.#holdings.set(key, holding);
    this.#heap.push(holding);
    return holding;
  }

  /** Forgets an address that holds nothing. */
  #end(holding: Holding<T>): void {
    this.#holdings.delete(holding.key);
    const last = this.#heap.pop()!;
    if (last === holding) return;
    this.#put(last, holding.at);
    this.#rise(last);
    this.#sink(last);
  }

  #change(holding: Holding<T>, by: number): void {
    holding.amount += by;
    this.#total += by;
    if (by > 0) this.#rise(holding);
    else this.#sink(holding);
  }

  #rise(holding: Holding<T>): void {
    while (holding.at > 0) {
      const above = this.#heap[(holding.at - 1) >> 1]!;
      if (above.amount >= holding.amount) return;
      this.#swap(above, holding);
    }
  }

  #sink(holding: Holding<T>): void {
    for (;;) {
      const [left, right] = [this.#heap[2 * holding.at + 1], this.#heap[2 * holding.at + 2]];
      const below = right !== undefined && right.amount > left!.amount ? right : left;
      if (below === undefined || below.amount <= holding.amount) return;
      this.#swap(holding, below);
    }
  }

  #swap(above: Holding<T>, below: Holding<T>): void {
    const { at } = above;
    this.#put(above, below.at);
    this.#put(below, at);
  }

  #put(holding: Holding<T>, at: number): void {
    holding.at = at;
    this.#heap[at] = holding;
  }
}
