/** How far an own message has come: a mark for the eye, words for a screen reader. */
import type { ChatMessage } from "../../../../transport/view.ts";
import { useApp } from "../../app_context.ts";
import { type StateMark, stateWords } from "../../../words/message_state.ts";

interface StateProps {
  message: ChatMessage;
  onRetry: () => void;
}

export function MessageState({ message, onRetry }: StateProps) {
  const strategy = useApp().room.value?.strategy.value ?? "auto";
  const { mark, words, short } = stateWords(message, strategy);
  if (message.state === "failed") {
    return (
      <p class="state failed">
        <MarkIcon mark={mark} /> Not sent{message.error && `: ${message.error.message}`}{" "}
        <button type="button" class="link-button" onClick={onRetry}>Try again</button>
      </p>
    );
  }
  return (
    <p class="state" data-state={message.state} title={words}>
      <span aria-hidden="true">{short}</span>
      <MarkIcon mark={mark} />
      <span class="visually-hidden">{words}</span>
    </p>
  );
}

const MARKS: Readonly<Record<StateMark, string>> = {
  "clock": "M8 4.500V8L10.500 9.500M8 2A6 6 0 1 1 8 14A6 6 0 1 1 8 2",
  "dot": "M8 6A2 2 0 1 1 8 10A2 2 0 1 1 8 6",
  "tick": "M3.500 8.500L6.500 11.500L12.500 4.500",
  "double-tick": "M1 8.500L4 11.500L10 4.500M7.500 10.500L8.500 11.500L14.500 4.500",
  "cross": "M4.500 4.500L11.500 11.500M11.500 4.500L4.500 11.500",
};

function MarkIcon({ mark }: { mark: StateMark }) {
  return (
    <svg
      class="state-mark"
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.600"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={MARKS[mark]} />
    </svg>
  );
}
