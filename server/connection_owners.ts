/**
 * Whose the connections of a node are, so that who has the most is known. Those of a trusted proxy are
 * nobody's while they wait for its next request.
 */
export class ConnectionOwners<T> {
  readonly #ownerOf = new Map<T, string | null>();
  readonly #byOwner = new Map<string | null, Set<T>>();

  get count(): number {
    return this.#ownerOf.size;
  }

  /** In the order of their coming. */
  all(): Iterable<T> {
    return this.#ownerOf.keys();
  }

  has(connection: T): boolean {
    return this.#ownerOf.has(connection);
  }

  countOf(owner: string): number {
    return this.#byOwner.get(owner)?.size ?? 0;
  }

  /** Adds `connection`, or gives it to another owner; null: nobody. */
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

  /** Those of the owner that has the most, in the order of their coming to it. */
  most(): ReadonlySet<T> {
    let most: ReadonlySet<T> = new Set();
    for (const [owner, owned] of this.#byOwner) {
      if (owner !== null && owned.size > most.size) most = owned;
    }
    return most;
  }

  /** Those that are nobody's. */
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
