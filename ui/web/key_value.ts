/**
 * Keeps small strings by name in a storage of the browser. When the storage is blocked, full or
 * missing, the values last as long as the page. Knows nothing about the meaning of the values.
 */
import type { KeyValueStore } from "../../transport/mod.ts";

/** The part of `Storage` that is used here. */
export type StorageLike = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** Keeps our keys apart from those of other pages of the same origin. */
const PREFIX = "egoat.";

/**
 * Wraps a storage. `open` may throw, as reading `localStorage` does where it is blocked, and so may
 * every call. A value that could not be written is kept in memory and read from there.
 */
export function createKeyValue(open: () => StorageLike): KeyValueStore {
  const memory = new Map<string, string>();
  const attempt = <T>(run: (storage: StorageLike) => T, fallback: T): T => {
    try {
      return run(open());
    } catch {
      return fallback;
    }
  };
  return {
    get: (key) => memory.get(key) ?? attempt((storage) => storage.getItem(PREFIX + key), null),
    set(key, value) {
      const isWritten = attempt((storage) => {
        storage.setItem(PREFIX + key, value);
        return true;
      }, false);
      if (isWritten) memory.delete(key);
      else memory.set(key, value);
    },
    delete(key) {
      memory.delete(key);
      attempt((storage) => storage.removeItem(PREFIX + key), undefined);
    },
    keys: () => [...new Set([...memory.keys(), ...attempt(storedKeys, [])])],
  };
}

function storedKeys(storage: StorageLike): string[] {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "")
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => key.slice(PREFIX.length));
}
