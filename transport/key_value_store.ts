/** Storage of small strings, by key. A leaf. */

/** A place to keep small strings, such as `sessionStorage`. Its methods don't throw. */
export interface KeyValueStore {
  get(key: string): string | null;
  set(key: string, value: string): void;
  delete(key: string): void;
  keys(): string[];
}

/** Returns the part of `store` that has keys with this prefix. */
export function scopedStore(store: KeyValueStore, prefix: string): KeyValueStore {
  return {
    get: (key) => store.get(prefix + key),
    set: (key, value) => store.set(prefix + key, value),
    delete: (key) => store.delete(prefix + key),
    keys: () =>
      store.keys().filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
  };
}

/** Returns a store in memory, for tests and for browsers that allow no storage. */
export function memoryStore(): KeyValueStore {
  const map = new Map<string, string>();
  return {
    get: (key) => map.get(key) ?? null,
    set: (key, value) => void map.set(key, value),
    delete: (key) => void map.delete(key),
    keys: () => [...map.keys()],
  };
}
