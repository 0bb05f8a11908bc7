/** Saves a room's history as a file, and shows the progress. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../../app_context.ts";
import {
  exportFileName,
  type ExportFormat,
  formatHistory,
  readHistory,
} from "../../../log/history_export.ts";
import { counted } from "../../../words/lists.ts";

export function ExportHistory({ room }: { room: string }) {
  const app = useApp();
  const [progress, setProgress] = useState("");
  const [isBusy, setBusy] = useState(false);
  const abort = useRef(new AbortController());
  useEffect(() => () => abort.current.abort(), []);

  const save = async (format: ExportFormat) => {
    const { signal } = abort.current;
    const { fetch, nodeUrl } = app.services;
    setBusy(true);
    setProgress("Asking the node…");
    try {
      const messages = await readHistory({ fetch, nodeUrl, room }, {
        signal,
        onProgress: (count) => setProgress(`${counted(count, "message")} so far…`),
      });
      saveFile(exportFileName(room, format), formatHistory(messages, format));
      finish(`Saved ${counted(messages.length, "message")}.`);
    } catch (error) {
      if (!signal.aborted) finish(`Not saved. ${reason(error)}`);
    }
  };
  const finish = (words: string) => {
    setBusy(false);
    setProgress(words);
    app.speech.sayStatus(words);
  };

  return (
    <section class="setting" aria-labelledby="export-title">
      <h3 id="export-title">Save this room's history</h3>
      <p class="hint">Everything that the node has stored of it, as a file.</p>
      <div class="buttons">
        <button
          type="button"
          class="secondary"
          disabled={isBusy}
          onClick={() => save("text")}
        >
          As text
        </button>
        <button type="button" class="secondary" disabled={isBusy} onClick={() => save("json")}>
          As JSON
        </button>
        <span class="progress">{progress}</span>
      </div>
    </section>
  );
}

function reason(error: unknown): string {
  // `fetch` throws a TypeError when there is no network.
  if (error instanceof TypeError) return "The node is unreachable.";
  return error instanceof Error ? error.message : String(error);
}

function saveFile(name: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Long enough for the browser to begin to read the URL.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
