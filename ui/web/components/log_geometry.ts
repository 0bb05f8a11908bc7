/** Measures the log: where it stands, which message is at its top, and how far layout moved that one. */
import type { LogGeometry } from "../state/log_place.ts";

/** A message in view, and where it stood. */
export interface Anchor {
  readonly element: HTMLElement;
  readonly id: string;
  /** In the scrolled content, whatever the scroll position. */
  readonly offset: number;
  /** Of the log itself, on the screen. */
  readonly logTop: number;
}

export function measureLog(log: HTMLElement): LogGeometry {
  return { top: log.scrollTop, height: log.scrollHeight, viewHeight: log.clientHeight };
}

/** The first message that begins in view, else the one that fills it; null in an empty log. */
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
    id: chosen.dataset["message"]!,
    offset: offsetWithin(log, chosen),
    logTop: top,
  };
}

/** How far layout has moved the anchor on the screen since it was found; 0 where it is gone. */
export function movedByLayout(log: HTMLElement, anchor: Anchor): number {
  const element = anchor.element.isConnected
    ? anchor.element
    : log.querySelector<HTMLElement>(`[data-message="${CSS.escape(anchor.id)}"]`);
  if (element === null) return 0;
  return offsetWithin(log, element) - anchor.offset + log.getBoundingClientRect().top -
    anchor.logTop;
}

function renderedMessages(log: HTMLElement): ArrayLike<HTMLElement> {
  return log.querySelectorAll<HTMLElement>("[data-message]");
}

/** Index of the first one for which `holds`, as it does for all behind it; their count when none. */
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
