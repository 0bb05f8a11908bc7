/** The check of what this network allows, shown line by line while it runs. Closing the dialog ends it. */
import { useEffect, useState } from "preact/hooks";
import { canChat, type Check, type Outcome } from "../../../../transport/doctor/checks.ts";
import { useApp } from "../../app_context.ts";
import type { CheckNetwork as RunChecks } from "../../state/app_services.ts";
import { Dialog } from "./dialog.tsx";

const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  ok: "Works",
  limited: "Limited",
  blocked: "Blocked",
  unknown: "Not tested",
};

/** The button in the settings, and the dialog that it opens. */
export function CheckNetwork() {
  const { checkNetwork } = useApp().services;
  const [isOpen, setOpen] = useState(false);
  if (checkNetwork === undefined) return null;
  return (
    <section class="setting" aria-labelledby="check-network-title">
      <h3 id="check-network-title">This network</h3>
      <p class="hint">Which ways to the node and to others it allows, and what would help.</p>
      <button type="button" class="secondary" onClick={() => setOpen(true)}>
        Check this network
      </button>
      {isOpen && <ChecksDialog run={checkNetwork} onClose={() => setOpen(false)} />}
    </section>
  );
}

function ChecksDialog({ run, onClose }: { run: RunChecks; onClose: () => void }) {
  const [checks, setChecks] = useState<readonly Check[]>([]);
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    const ended = new AbortController();
    run((check) => setChecks((before) => [...before, check]), ended.signal)
      .then(() => setDone(true))
      .catch((error) => {
        if (!ended.signal.aborted) throw error;
      });
    return () => ended.abort();
  }, []);
  return (
    <Dialog title="Check this network" onClose={onClose}>
      <p role="status" class="check-summary">{summary(checks, isDone)}</p>
      <ul class="checks" aria-busy={!isDone}>
        {checks.map((check) => <CheckLine key={check.id} check={check} />)}
      </ul>
    </Dialog>
  );
}

function CheckLine({ check: { label, outcome, detail, help } }: { check: Check }) {
  return (
    <li class={`check ${outcome}`}>
      <p class="check-head">
        <strong>{label}</strong> <span class="check-outcome">{OUTCOME_WORDS[outcome]}</span>
      </p>
      <p>{detail}</p>
      {outcome !== "ok" && help !== null && <p class="hint">{help}</p>}
    </li>
  );
}

function summary(checks: readonly Check[], isDone: boolean): string {
  if (!isDone) return "Checking… It takes up to half a minute.";
  return canChat(checks)
    ? "A chat works on this network."
    : "No chat works between this browser and the node.";
}
