/** Settings: name, theme, connections, the check of the network, the export of the open room. */
import { useState } from "preact/hooks";
import { useApp } from "../../app_context.ts";
import { plainName } from "../../../../transport/protocol/names.ts";
import { nameProblem } from "../../../words/name_problems.ts";
import { type Theme, THEMES } from "../../state/settings.ts";
import { CheckNetwork } from "./check_network.tsx";
import { ConnectionSetting } from "./connection_setting.tsx";
import { Dialog } from "./dialog.tsx";
import { ExportHistory } from "./export_history.tsx";
import { TextField } from "../text_field.tsx";

export function SettingsDialog() {
  const app = useApp();
  const room = app.room.value;
  const version = app.config.value?.version;
  return (
    <Dialog title="Settings" onClose={() => app.dialog.value = null}>
      <NameSetting />
      <ThemeSetting />
      <ConnectionSetting />
      <CheckNetwork />
      {room && <ExportHistory room={room.session.room} />}
      {version && <p class="hint">E-Goat {version}</p>}
    </Dialog>
  );
}

function NameSetting() {
  const app = useApp();
  const room = app.room.value;
  const [name, setName] = useState(app.settings.name.peek());
  const [problem, setProblem] = useState<string | null>(null);
  const route = app.route.value;
  const isNamedByLink = route.page === "room" && route.peerId !== null;
  const isInRoom = room !== null && !isNamedByLink;
  const submit = (event: Event) => {
    event.preventDefault();
    const wrong = nameProblem(name, "Your name");
    setProblem(wrong);
    if (wrong !== null) return;
    app.settings.setName(name);
    app.speech.sayStatus("Name saved");
    if (isInRoom) room.rename(plainName(name));
    app.dialog.value = null;
  };
  return (
    <form class="setting" onSubmit={submit}>
      <TextField
        label="Your name"
        {...hintFor(room !== null, isNamedByLink)}
        value={name}
        onInput={(value) => {
          setName(value);
          setProblem(null);
        }}
        problem={problem}
        autoComplete="nickname"
      />
      <button type="submit" class="secondary">Save</button>
    </form>
  );
}

function hintFor(isInRoom: boolean, isNamedByLink: boolean): { hint?: string } {
  if (isNamedByLink) {
    return {
      hint: "The link you opened brought its own name for this room. Yours is for the next.",
    };
  }
  return isInRoom ? { hint: "Older messages keep your old name." } : {};
}

const THEME_WORDS: Readonly<Record<Theme, string>> = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
};

function ThemeSetting() {
  const { settings } = useApp();
  return (
    <div class="setting">
      <fieldset class="choices">
        <legend>Theme</legend>
        <div class="segments">
          {THEMES.map((theme) => (
            <label key={theme} class="segment">
              <input
                type="radio"
                name="theme"
                checked={settings.theme.value === theme}
                onChange={() => settings.setTheme(theme)}
              />
              <span>{THEME_WORDS[theme]}</span>
            </label>
          ))}
        </div>
      </fieldset>
    </div>
  );
}
