/**
 * The owner of each connection of a node, to find the owner that has the most. A trusted proxy's connection
 * has no owner while it waits for the proxy's next request.
 */
export class ConnectionOwners<T> {
  readonly #ownerOf = new Map<T, string | null>();
  readonly #byOwner = new Map<string | null, Set<T>>();

  get count(): number {
    return this.#ownerOf.size;
  }

  /** All connections, in the order in which they came. */
  all(): Iterable<T> {
    return this.#ownerOf.keys();
  }

  has(connection: T): boolean {
    return this.#ownerOf.has(connection);
  }

  countOf(owner: string): number {
    return this.#byOwner.get(owner)?.size ?? 0;
  }

  /** Adds `connection`, or gives it to another owner; null: no owner. */
  give(connection: T, owner: string | null): void {
    if (this.#ownerOf.get(connection) === owner) return;
    this.#takeAway(connection);
    this.#ownerOf.set(connection, owner);
    const owned = this.#byOwner.get(owner);
    if (owned === undefined) this.#byOwner.set(owner, new Set([connection]));
    else owned.add(connection);
  }

  /** Idempotent. */
  remove(connection: T): void {
    this.#takeAway(connection);
    this.#ownerOf.delete(connection);
  }

  /** The connections of the owner that has the most, in the order in which it got them. */
  most(): ReadonlySet<T> {
    let most: ReadonlySet<T> = new Set();
    for (const [owner, owned] of this.#byOwner) {
      if (owner !== null && owned.size > most.size) most = owned;
    }
    return most;
  }

  /** The connections without an owner. */
  nobodys(): Iterable<T> {
    return this.#byOwner.get(null) ?? [];
  }

  #takeAway(connection: T): void {
    const owner = this.#ownerOf.get(connection);
    if (owner === undefined) return;
    const owned = this.#byOwner.get(owner);
    owned?.delete(connection);
    if (owned?.size === 0) this.#byOwner.delete(owner);
  }
}
