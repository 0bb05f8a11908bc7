/**
 * The field in which messages are written. Grows to six lines. Enter sends and Shift+Enter breaks the
 * line, but neither does while an input method composes. The text is cleared only after the session has
 * accepted it.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { textProblem } from "../../../../transport/protocol/mod.ts";
import { useApp } from "../../app_context.ts";
import { keepDraft, readDraft, trimDraft } from "../../state/drafts.ts";
import type { RoomState } from "../../state/room_state.ts";
import { sizeWords } from "../../../words/text_size.ts";
import { SendIcon } from "../icons.tsx";

export function Composer({ room }: { room: RoomState }) {
  const app = useApp();
  const store = app.services.tabStorage;
  const { session } = room;
  const [text, setText] = useState(() => readDraft(store, session.room));
  const [error, setError] = useState<string | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) area.current?.focus({ preventScroll: true });
    return () => session.typing(false);
  }, []);

  const change = (value: string) => {
    setText(value);
    setError(null);
    keepDraft(store, session.room, value);
    session.typing(value.trim() !== "");
  };
  const send = () => {
    const message = trimDraft(text);
    if (message === "") return;
    try {
      room.send(message);
    } catch (cause) {
      return setError(cause instanceof Error ? cause.message : String(cause));
    }
    change("");
    area.current?.focus();
  };

  const problem = error ?? longTextProblem(text);
  const size = sizeWords(text);
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {problem && <p class="problem" id="composer-problem" role="alert">{problem}</p>}
      <div class="composer-row">
        <div class="growing" data-text={text}>
          <textarea
            ref={area}
            rows={1}
            dir="auto"
            value={text}
            placeholder="Message"
            aria-label="Message"
            aria-invalid={problem !== null}
            aria-describedby={problem ? "composer-problem" : undefined}
            enterkeyhint="send"
            onInput={(event) => change(event.currentTarget.value)}
            onBlur={() => session.typing(false)}
            onKeyDown={(event) => {
              if (!isSendKey(event)) return;
              event.preventDefault();
              send();
            }}
          />
        </div>
        <button type="submit" class="send-button" aria-label="Send">
          <SendIcon />
        </button>
      </div>
      {size && <p class="composer-size">{size}</p>}
    </form>
  );
}

/** Safari ends a composition before its Enter, which then has the key code 229. */
function isSendKey(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

function longTextProblem(text: string): string | null {
  const message = trimDraft(text);
  const problem = message === "" ? null : textProblem(message);
  return problem === null ? null : `The message ${problem.words}.`;
}
