/**
 * Counts numbered messages of several senders at one reader: missing, doubled, and overtaken by a later
 * message. Keeps numbers and no texts, so that it can run for hours.
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

  /** Number of different messages that have arrived. */
  get total(): number {
    return this.#total;
  }

  /** Counts one message `<sender><number>`, such as `a12`. */
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

  /** Number of a sender's first `count` messages that have not arrived. */
  missing(sender: string, count: number): number {
    return count - (this.#seen.get(sender)?.numbers.size ?? 0);
  }
}

/** Whether each sender's numbers rise in a list of texts, as shown on a screen. */
export function isInOrder(texts: readonly string[]): boolean {
  const highest = new Map<string, number>();
  return texts.every((text) => {
    const [, sender = "", digits = ""] = /^([a-z]+)(\d+)$/.exec(text) ?? [];
    const isLater = Number(digits) > (highest.get(sender) ?? 0);
    highest.set(sender, Number(digits));
    return isLater;
  });
}
