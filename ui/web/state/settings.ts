/** What somebody chose: their name and the theme. Kept in the browser; read back with suspicion. */
import { signal } from "@preact/signals";
import { isName } from "../../../transport/protocol.ts";
import type { KeyValueStore } from "../../../transport/mod.ts";
import { normaliseName } from "./names.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = typeof THEMES[number];

export class Settings {
  /** Empty until somebody gave one. */
  readonly name = signal("");
  readonly theme = signal<Theme>("system");
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
    const name = normaliseName(store.get("name") ?? "");
    if (isName(name)) this.name.value = name;
    this.theme.value = THEMES.find((theme) => theme === store.get("theme")) ?? "system";
  }

  setName(name: string): void {
    this.name.value = normaliseName(name);
    this.#store.set("name", this.name.peek());
  }

  setTheme(theme: Theme): void {
    this.theme.value = theme;
    this.#store.set("theme", theme);
  }
}
