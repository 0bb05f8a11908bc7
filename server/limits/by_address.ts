/** Keeps one record for each address that the node hears from, up to a bound. */

/** About 2 MB. An address that was forgotten starts afresh. */
const MAX_ADDRESSES = 10_000;

export class ByAddress<T> {
  readonly #make: () => T;
  readonly #known = new Map<string, T>();

  /** `make` creates the record of a new address. */
  constructor(make: () => T) {
    this.#make = make;
  }

  /** Returns the record of an IP address (without a port), for the caller to change in place. */
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

/** Returns the key of an address. An IPv4 address counts alone, an IPv6 address by its first 64 bits. */
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
