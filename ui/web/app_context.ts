/** Gives the page's state to every component, without passing it through each of them. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { AppState } from "./state/app_state.ts";

export const AppContext = createContext<AppState | null>(null);

export function useApp(): AppState {
  const app = useContext(AppContext);
  if (app === null) throw new Error("A component was rendered outside of the app");
  return app;
}
