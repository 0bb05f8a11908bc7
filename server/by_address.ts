/** What a node remembers of the addresses that it hears from, in bounds. */

/** About 2 MB; one that is forgotten starts afresh. */
const MAX_ADDRESSES = 10_000;

export class ByAddress<T> {
  readonly #make: () => T;
  readonly #known = new Map<string, T>();

  /** `make` is what is known of a new one. */
  constructor(make: () => T) {
    this.#make = make;
  }

  /** What is known of an IP address (without a port), to be changed in place. */
  get(address: string): T {
    const key = addressKey(address);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_ADDRESSES) this.#forgetOldest();
    const made = this.#make();
    this.#known.set(key, made);
    return made;
  }

  #forgetOldest(): void {
    const oldest = this.#known.keys().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }
}

/** Which addresses count as one: IPv4 alone, IPv6 by its first 64 bits. */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1]!;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? 0 : tail.split(":").length;
    while (groups.length + after < 8) groups.push("0");
  }
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}
