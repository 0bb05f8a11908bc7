/** The start page: an introduction, your name, a new room, a room to join, the rooms you were in. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { PeerId, RoomName } from "../../../../transport/protocol/mod.ts";
import { useApp } from "../../app_context.ts";
import { nameProblem } from "../../../words/name_problems.ts";
import { randomRoomName } from "../../../links/room_names.ts";
import { DialogButton } from "../dialog_button.tsx";
import { GearIcon } from "../icons.tsx";
import { JoinForm } from "./join_form.tsx";
import { Mark } from "./mark.tsx";
import { RecentList } from "./recent_list.tsx";
import { Ridge } from "./ridge.tsx";
import { TextField } from "../text_field.tsx";

export function StartPage({ problem }: { problem: string | null }) {
  const app = useApp();
  const [name, setName] = useState(app.settings.name.peek());
  const [nameError, setNameError] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);

  /** Enters a room under the name in the field, or shows the problem when that name is not valid. */
  const enter = (room: RoomName, peerId: PeerId | null = null) => {
    const wrong = peerId === null ? nameProblem(name, "Your name") : null;
    setNameError(wrong);
    if (wrong !== null) return form.current?.querySelector("input")?.focus();
    if (peerId === null) app.settings.setName(name);
    app.openRoom(room, peerId);
  };

  return (
    <div class="start">
      <Ridge />
      <header class="start-bar">
        <span class="wordmark">
          <Mark size={36} /> E-Goat
        </span>
        <DialogButton dialog="settings" label="Settings">
          <GearIcon />
        </DialogButton>
      </header>
      <main class="start-main">
        <Heading />
        {problem && <p class="notice problem" role="alert">{problem}</p>}
        <form
          ref={form}
          class="card"
          onSubmit={(event) => {
            event.preventDefault();
            enter(randomRoomName() as RoomName);
          }}
        >
          <TextField
            label="Your name"
            value={name}
            onInput={(value) => {
              setName(value);
              setNameError(null);
            }}
            problem={nameError}
            autoComplete="nickname"
          />
          <button type="submit" class="primary">Start a room</button>
        </form>
        <JoinForm onJoin={enter} />
        <RecentList onJoin={enter} />
      </main>
    </div>
  );
}

function Heading() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div class="intro">
      <h1 ref={heading} tabIndex={-1}>Chat that finds its way.</h1>
      <p>
        Start a room and send its link: you talk straight from browser to browser where the network
        allows it, and through the node that sent you this page where it does not.
      </p>
    </div>
  );
}
