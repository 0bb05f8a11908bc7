/**
 * Counts numbered messages of several senders as they come to one reader: what is missing, what came
 * twice, what was overtaken by a later one. Keeps numbers, no texts, so that it can go on for hours.
 */

interface Seen {
  readonly numbers: Set<number>;
  highest: number;
}

export class MessageTally {
  doubled = 0;
  overtaken = 0;
  readonly #seen = new Map<string, Seen>();
  #total = 0;

  /** How many different ones have come. */
  get total(): number {
    return this.#total;
  }

  /** Takes `<sender><number>`, such as `a12`. */
  add(text: string): void {
    const [, sender = "", digits = ""] = /^([a-z]+)(\d+)$/.exec(text) ?? [];
    const number = Number(digits);
    const seen = this.#seen.get(sender) ?? { numbers: new Set(), highest: 0 };
    this.#seen.set(sender, seen);
    if (seen.numbers.has(number)) {
      this.doubled++;
      return;
    }
    seen.numbers.add(number);
    this.#total++;
    if (number < seen.highest) this.overtaken++;
    seen.highest = Math.max(seen.highest, number);
  }

  /** How many of a sender's first `count` have not come. */
  missing(sender: string, count: number): number {
    return count - (this.#seen.get(sender)?.numbers.size ?? 0);
  }
}

/** Whether each sender's numbers only rise in a list as it stands on a screen. */
export function isInOrder(texts: readonly string[]): boolean {
  const highest = new Map<string, number>();
  return texts.every((text) => {
    const [, sender = "", digits = ""] = /^([a-z]+)(\d+)$/.exec(text) ?? [];
    const isLater = Number(digits) > (highest.get(sender) ?? 0);
    highest.set(sender, Number(digits));
    return isLater;
  });
}
