/**
 * Refuses files that are dropped on the page or pasted into it, until there is a way to send them.
 * Tells the user so, and keeps the browser from opening the files in place of the page. Text is dropped
 * and pasted as usual.
 */
import { hasFiles, hasText, isFiles } from "./carried_files.ts";

/** Calls `tell` for each drop and paste of files, until the returned function is called. */
export function refuseFiles(page: EventTarget, tell: () => void): () => void {
  const removal = new AbortController();
  const on = <T extends Event>(type: string, listener: (event: T) => void) =>
    page.addEventListener(type, (event) => listener(event as T), { signal: removal.signal });
  on<DragEvent>("dragenter", onDrag);
  on<DragEvent>("dragover", onDrag);
  on<DragEvent>("drop", (event) => {
    const { dataTransfer: carried } = event;
    if (carried === null || !hasFiles(carried)) return;
    if (isForField(event) && !isFiles(carried)) return;
    event.preventDefault();
    tell();
  });
  on<ClipboardEvent>("paste", (event) => {
    if (event.clipboardData === null || !isFiles(event.clipboardData)) return;
    event.preventDefault();
    tell();
  });
  return () => removal.abort();
}

/** Takes over a dragged file or link, which the browser would otherwise open in place of the page. */
function onDrag(event: DragEvent): void {
  const { dataTransfer: carried } = event;
  if (carried === null || isForField(event)) return;
  const isFile = hasFiles(carried);
  const isLink = carried.types.includes("text/uri-list");
  if (!isFile && !(isLink && !isField(event.target))) return;
  event.preventDefault();
  // The drop event of a file is needed to tell the user about it. A dropped link has no use here.
  carried.dropEffect = isFile ? "copy" : "none";
}

function isForField({ dataTransfer, target }: DragEvent): boolean {
  return dataTransfer !== null && hasText(dataTransfer) && isField(target);
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea") !== null;
}
