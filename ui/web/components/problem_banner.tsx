/** A problem in words, said at once to those who hear the page, until it is dismissed. */
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

/** A problem of the page as a whole. A dialog shows it itself: nothing outside of it is heard. */
export function PageProblem() {
  const app = useApp();
  const problem = app.problem.value;
  if (problem === null) return null;
  const dismiss = () => app.problem.value = null;
  // A new one is a new element, which is said again.
  return <ProblemBanner key={problem.id} text={problem.text} onDismiss={dismiss} />;
}
