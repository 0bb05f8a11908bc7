/** Asks a user who opens a link for the first time for a name, and for nothing else. */
import { useState } from "preact/hooks";
import { useApp } from "../../app_context.ts";
import { nameProblem } from "../../../words/name_problems.ts";
import { Mark } from "./mark.tsx";
import { Ridge } from "./ridge.tsx";
import { TextField } from "../text_field.tsx";

export function AskName({ room }: { room: string }) {
  const app = useApp();
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const wrong = nameProblem(name, "Your name");
    if (wrong === null) app.setName(name);
    else setProblem(wrong);
  };
  return (
    <div class="start">
      <Ridge />
      <main class="start-main ask">
        <div class="intro">
          <Mark size={56} />
          <h1>
            Join <bdi>{room}</bdi>
          </h1>
          <p>What should the others call you?</p>
        </div>
        <form class="card" onSubmit={submit}>
          <TextField
            label="Your name"
            value={name}
            onInput={(value) => {
              setName(value);
              setProblem(null);
            }}
            problem={problem}
            autoComplete="nickname"
            autoFocus
          />
          <button type="submit" class="primary">Join the room</button>
          <p class="hint">
            This room is open: everyone with the link can join and read what was said.
          </p>
        </form>
        <p>
          <button type="button" class="quiet-button" onClick={() => app.leaveRoom()}>
            To the start page
          </button>
        </p>
      </main>
    </div>
  );
}
