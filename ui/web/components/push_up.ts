/**
 * Notices that somebody wants further up where the log is at its top already: it does not move then,
 * and no scroll event tells.
 */
import { measureLog } from "./log_geometry.ts";

/** Further than a finger trembles that taps. */
const PULL_PX = 10;
/** Positions are rounded to device pixels. */
const ROUNDING_PX = 1;
const KEYS: ReadonlySet<string> = new Set(["ArrowUp", "PageUp", "Home"]);

/** Calls `onPush` when the wheel, a finger or a key pushes up at the top. Returns what ends that. */
export function onPushUp(log: HTMLElement, onPush: () => void): () => void {
  const abort = new AbortController();
  // Passive: scrolling must not wait for these.
  const options = { signal: abort.signal, passive: true };
  const push = () => {
    if (measureLog(log).top <= ROUNDING_PX) onPush();
  };
  let touchedY = 0;
  const noteTouch = (event: TouchEvent) => touchedY = event.touches[0]!.clientY;
  log.addEventListener("wheel", ({ deltaY, ctrlKey }) => {
    // With Ctrl it zooms.
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
