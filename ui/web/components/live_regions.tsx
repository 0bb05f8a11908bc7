/** Text for screen readers, out of sight: new messages, and changes of state. */
import { useApp } from "../app_context.ts";
import type { Spoken } from "../state/speech.ts";

export function LiveRegions() {
  const { speech } = useApp();
  return (
    <>
      <div class="visually-hidden" aria-live="polite">
        <Lines lines={speech.messages.value} />
      </div>
      <div class="visually-hidden" role="status">
        <Lines lines={speech.status.value} />
      </div>
    </>
  );
}

function Lines({ lines }: { lines: readonly Spoken[] }) {
  return <>{lines.map((line) => <p key={line.id}>{line.text}</p>)}</>;
}
