/** Sets the chosen theme on the document. The colours themselves are in `styles/tokens.css`. */
import type { Theme } from "./state/settings.ts";

export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  const ground = getComputedStyle(root).getPropertyValue("--ground").trim();
  const metas = document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]");
  for (const meta of metas) {
    meta.content = ground;
  }
}
