/**
 * The page as a whole: which screen is shown, which dialog lies over it, the tab's title and theme.
 * `mountApp` is the page's one entry; the caller passes the function that opens a session.
 */
import { useEffect } from "preact/hooks";
import { render } from "preact";
import { effect } from "@preact/signals";
import { AppContext, useApp } from "./app_context.ts";
import { AskName } from "./components/start/ask_name.tsx";
import { InviteDialog } from "./components/dialogs/invite_dialog.tsx";
import { LiveRegions } from "./components/live_regions.tsx";
import { OpeningRoom } from "./components/start/opening_room.tsx";
import { PeopleDrawer } from "./components/people/people.tsx";
import { PageProblem } from "./components/problem_banner.tsx";
import { RoomPage } from "./components/room/room_page.tsx";
import { SettingsDialog } from "./components/dialogs/settings_dialog.tsx";
import { StartPage } from "./components/start/start_page.tsx";
import { refuseFiles } from "./file_refusal.ts";
import type { AppServices } from "./state/app_services.ts";
import { AppState } from "./state/app_state.ts";
import { applyTheme } from "./theme.ts";
import { pageTitle } from "../words/title.ts";

/** Renders the page into `root` and starts it. */
export function mountApp(root: Element, services: AppServices): AppState {
  const app = new AppState(services);
  effect(() => applyTheme(app.settings.theme.value));
  refuseFiles(window, () => app.tellProblem("Files can't be sent yet."));
  app.start();
  // Removes the text that index.html shows while the script loads.
  root.replaceChildren();
  render(<App app={app} />, root);
  return app;
}

function App({ app }: { app: AppState }) {
  return (
    <AppContext.Provider value={app}>
      <Title />
      {app.room.value === null && app.dialog.value === null && <PageProblem />}
      <Screen />
      <OpenDialog />
      <LiveRegions />
    </AppContext.Provider>
  );
}

function Screen() {
  const app = useApp();
  const route = app.route.value;
  const room = app.room.value;
  if (route.page === "start") return <StartPage problem={route.problem} />;
  if (room === null && app.isOpening.value) return <OpeningRoom room={route.room} />;
  if (room === null) return <AskName room={route.room} />;
  return <RoomPage key={room} room={room} />;
}

function OpenDialog() {
  const app = useApp();
  const room = app.room.value;
  switch (app.dialog.value) {
    case "settings":
      return <SettingsDialog />;
    case "invite":
      return room && <InviteDialog room={room} />;
    case "people":
      return room && <PeopleDrawer room={room} />;
    case null:
      return null;
  }
}

/** Sets the tab's title, with the count of unread messages. */
function Title() {
  const app = useApp();
  const room = app.room.value;
  const title = pageTitle(room?.session.room ?? null, room?.unreadCount ?? null);
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
}
