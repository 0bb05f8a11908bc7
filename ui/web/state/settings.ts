/**
 * The user's choices: name, theme, strategy. Kept in the browser, and validated when they are read
 * back.
 */
import { signal } from "@preact/signals";
import { plainName } from "../../../transport/protocol/names.ts";
import { isName, STRATEGIES, type Strategy } from "../../../transport/protocol/mod.ts";
import type { KeyValueStore } from "../../../transport/mod.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = typeof THEMES[number];

export class Settings {
  /** Empty until the user gives one. */
  readonly name = signal("");
  readonly theme = signal<Theme>("system");
  /** Which paths to allow; null to follow the node. */
  readonly strategy = signal<Strategy | null>(null);
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
    const name = plainName(store.get("name") ?? "");
    if (isName(name)) this.name.value = name;
    this.theme.value = THEMES.find((theme) => theme === store.get("theme")) ?? "system";
    const stored = store.get("strategy");
    this.strategy.value = STRATEGIES.find((strategy) => strategy === stored) ?? null;
  }

  setName(name: string): void {
    this.name.value = plainName(name);
    this.#store.set("name", this.name.peek());
  }

  setTheme(theme: Theme): void {
    this.theme.value = theme;
    this.#store.set("theme", theme);
  }

  setStrategy(strategy: Strategy | null): void {
    this.strategy.value = strategy;
    if (strategy === null) this.#store.delete("strategy");
    else this.#store.set("strategy", strategy);
  }
}
