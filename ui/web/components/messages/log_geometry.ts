/**
 * Measures the log: where it stands, which message is at its top, and how far layout moved that
 * message.
 */
import type { LogGeometry } from "../../state/log_place.ts";

/** The share of the log's height that stays above the unread line, for a message or two that were seen. */
const CONTEXT_SHARE = 0.2;

/** A message in view, and where it stood. */
export interface Anchor {
  readonly element: HTMLElement;
  readonly id: string;
  /** Pixels from the top of the scrolled content, whatever the scroll position. */
  readonly offset: number;
  /** Top of the log itself on the screen, in pixels. */
  readonly logTop: number;
}

export function measureLog(log: HTMLElement): LogGeometry {
  return { top: log.scrollTop, height: log.scrollHeight, viewHeight: log.clientHeight };
}

/** The first message that begins in view, else the message that fills the view; null in an empty log. */
export function findAnchor(log: HTMLElement): Anchor | null {
  const { top, bottom } = log.getBoundingClientRect();
  const messages = renderedMessages(log);
  const begins = firstWhere(messages, (message) => message.getBoundingClientRect().top >= top);
  const element = messages[begins];
  const isInView = element !== undefined && element.getBoundingClientRect().top < bottom;
  const chosen = isInView ? element : messages[begins - 1];
  if (chosen === undefined) return null;
  return {
    element: chosen,
    id: idOf(chosen),
    offset: offsetWithin(log, chosen),
    logTop: top,
  };
}

/** The first and the last message with enough in view to count as seen; null in an empty log. */
export function messagesInView(log: HTMLElement): { first: string; last: string } | null {
  const { top: logTop, bottom } = log.getBoundingClientRect();
  const messages = renderedMessages(log);
  const seenHeight = (height: number) => Math.min(height, log.clientHeight / 2);
  const isBelow = (message: HTMLElement) => {
    const { top, height } = message.getBoundingClientRect();
    return top + seenHeight(height) > bottom + 1;
  };
  const isNotAbove = (message: HTMLElement) => {
    const { bottom, height } = message.getBoundingClientRect();
    return bottom - seenHeight(height) >= logTop - 1;
  };
  const last = firstWhere(messages, isBelow) - 1;
  const first = Math.min(firstWhere(messages, isNotAbove), last);
  if (last < 0) return null;
  return { first: idOf(messages[first]!), last: idOf(messages[last]!) };
}

/**
 * The scroll position that puts the unread line near the top, below some context. Negative when there
 * is not enough content above the line; null without a line.
 */
export function unreadLineTop(log: HTMLElement): number | null {
  const line = log.querySelector<HTMLElement>(".unread-line");
  return line && offsetWithin(log, line) - CONTEXT_SHARE * log.clientHeight;
}

/**
 * How far layout has moved the anchor on the screen since it was found, in pixels; 0 when the message
 * is gone.
 */
export function movedByLayout(log: HTMLElement, anchor: Anchor): number {
  const element = anchor.element.isConnected
    ? anchor.element
    : log.querySelector<HTMLElement>(`[data-message="${CSS.escape(anchor.id)}"]`);
  if (element === null) return 0;
  return offsetWithin(log, element) - anchor.offset + log.getBoundingClientRect().top -
    anchor.logTop;
}

function idOf(message: HTMLElement): string {
  return message.dataset["message"]!;
}

function renderedMessages(log: HTMLElement): ArrayLike<HTMLElement> {
  return log.querySelectorAll<HTMLElement>("[data-message]");
}

/**
 * Index of the first element for which `holds` is true; the number of elements when there is none.
 * `holds` must be true for every element behind that one: this is a binary search.
 */
function firstWhere(
  elements: ArrayLike<HTMLElement>,
  holds: (element: HTMLElement) => boolean,
): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(elements[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function offsetWithin(log: HTMLElement, element: HTMLElement): number {
  return element.getBoundingClientRect().top - log.getBoundingClientRect().top + log.scrollTop;
}
