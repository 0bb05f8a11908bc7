/**
 * Which part of a long log is rendered: the newest, and more of the older ones as somebody scrolls
 * up. So a room of many thousands costs what a screen costs. Pure.
 */
import type { MessageId } from "../../../transport/protocol.ts";
import type { ChatMessage } from "../../../transport/view.ts";

/** Several screens: one scroll gesture seldom reaches the end. */
export const WINDOW_STEP = 200;

/** Index of the first message to render. `first` null: follow the newest. */
export function windowStart(messages: readonly ChatMessage[], first: MessageId | null): number {
  const newest = Math.max(0, messages.length - WINDOW_STEP);
  if (first === null) return newest;
  const index = messages.findIndex((message) => message.id === first);
  return index === -1 ? newest : index;
}

/** The first message to render when the window grows by one step. */
export function growWindow(messages: readonly ChatMessage[], start: number): MessageId | null {
  return messages[Math.max(0, start - WINDOW_STEP)]?.id ?? null;
}
