/**
 * Which part of a long log is rendered: the newest messages, and more of the older ones as the reader
 * scrolls up. So a room of many thousands costs what a screen costs. Pure.
 */
import type { MessageId } from "../../transport/protocol/mod.ts";
import type { ChatMessage } from "../../transport/view.ts";

/** Messages by which the window grows. Several screens: one scroll gesture seldom passes so many. */
export const WINDOW_STEP = 200;

/**
 * Messages rendered above the unread line: more than a screen, so that the line can stand anywhere on
 * it.
 */
export const UNREAD_CONTEXT = 40;

/**
 * The first message of the window. It may have been removed from memory; its timestamp still marks the
 * place.
 */
export interface WindowEdge extends Pick<ChatMessage, "id" | "timestamp"> {
  /** Whether the window grows by a step above this message as soon as older ones are loaded. */
  readonly isGrowing?: boolean;
}

/** Index of the first message to render. `edge` null: follow the newest. */
export function windowStart(messages: readonly ChatMessage[], edge: WindowEdge | null): number {
  const newest = Math.max(0, messages.length - WINDOW_STEP);
  if (edge === null) return newest;
  const index = messages.findIndex((message) => message.id === edge.id);
  if (index !== -1) return edge.isGrowing ? Math.max(0, index - WINDOW_STEP) : index;
  const next = messages.findIndex((message) => timeOf(message) >= timeOf(edge));
  return next === -1 ? newest : next;
}

/** Like `windowStart`, for a log that stands at its unread line. */
export function unreadWindowStart(
  messages: readonly ChatMessage[],
  lineBefore: MessageId | null,
): number {
  const line = messages.findIndex((message) => message.id === lineBefore);
  const newest = windowStart(messages, null);
  return line === -1 ? newest : Math.min(newest, Math.max(0, line - UNREAD_CONTEXT));
}

/** The edge of a window that begins at `start`; null when there is no message. */
export function windowEdge(messages: readonly ChatMessage[], start: number): WindowEdge | null {
  return messages[start] ?? null;
}

/**
 * The edge at the first message, which grows: the next older page is rendered as it comes, or the log
 * would jump.
 */
export function growingEdge(messages: readonly ChatMessage[]): WindowEdge | null {
  const first = messages[0];
  return first === undefined ? null : { id: first.id, timestamp: first.timestamp, isGrowing: true };
}

/** The edge when the window grows by one step. */
export function growWindow(messages: readonly ChatMessage[], start: number): WindowEdge | null {
  return windowEdge(messages, Math.max(0, start - WINDOW_STEP));
}

/** Messages that are not stored yet stand last. */
function timeOf({ timestamp }: WindowEdge): number {
  return timestamp ?? Infinity;
}
