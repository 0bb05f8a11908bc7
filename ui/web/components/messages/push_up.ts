/**
 * Notices when the reader pushes further up while the log is at its top. The log does not move then, so
 * there is no scroll event.
 */
import { measureLog } from "./log_geometry.ts";

/** More than a finger trembles during a tap. */
const PULL_PX = 10;
/** Positions are rounded to device pixels. */
const ROUNDING_PX = 1;
const KEYS: ReadonlySet<string> = new Set(["ArrowUp", "PageUp", "Home"]);

/**
 * Calls `onPush` when the wheel, a finger or a key pushes up at the top. Returns a function that stops
 * this.
 */
export function onPushUp(log: HTMLElement, onPush: () => void): () => void {
  const abort = new AbortController();
  // Passive, so that scrolling does not wait for these listeners.
  const options = { signal: abort.signal, passive: true };
  const push = () => {
    if (measureLog(log).top <= ROUNDING_PX) onPush();
  };
  let touchedY = 0;
  const noteTouch = (event: TouchEvent) => touchedY = event.touches[0]!.clientY;
  log.addEventListener("wheel", ({ deltaY, ctrlKey }) => {
    // With Ctrl the wheel zooms.
    if (deltaY < 0 && !ctrlKey) push();
  }, options);
  log.addEventListener("keydown", ({ key }) => {
    if (KEYS.has(key)) push();
  }, options);
  log.addEventListener("touchstart", noteTouch, options);
  log.addEventListener("touchmove", (event) => {
    if (event.touches[0]!.clientY - touchedY > PULL_PX) push();
  }, options);
  return () => abort.abort();
}
