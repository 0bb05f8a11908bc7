/** A problem in words, shown until the user dismisses it. Screen readers read it at once. */
import { useApp } from "../app_context.ts";
import { CloseIcon } from "./icons.tsx";

export function ProblemBanner({ text, onDismiss }: { text: string; onDismiss: () => void }) {
  return (
    <div class="banner" role="alert">
      <p>{text}</p>
      <button type="button" class="icon-button" aria-label="Dismiss" onClick={onDismiss}>
        <CloseIcon />
      </button>
    </div>
  );
}

/**
 * A problem of the page as a whole. An open dialog shows it inside, because screen readers read nothing
 * outside of the dialog.
 */
export function PageProblem() {
  const app = useApp();
  const problem = app.problem.value;
  if (problem === null) return null;
  const dismiss = () => app.problem.value = null;
  // A new problem gets a new element, so that screen readers read it too.
  return <ProblemBanner key={problem.id} text={problem.text} onDismiss={dismiss} />;
}
