/**
 * Where the log stands, and what a scroll event says about it. The log moves for three reasons: a
 * person scrolled it, layout moved it, or the page did. Only the first one changes its place. Pure.
 */

/**
 * `end`: the log follows the newest message. `unread`: it stands where the unread messages begin.
 * `reader`: it stays where the reader scrolled it.
 */
export type LogPlace = "end" | "unread" | "reader";

/** Measures of the scrolling element, in pixels. */
export interface LogGeometry {
  readonly top: number;
  /** Height of the whole content. */
  readonly height: number;
  /** Height of the visible part. */
  readonly viewHeight: number;
}

/** Less than this above the end counts as the end: a line's height, for trembling fingers and bouncing. */
const NEAR_END_PX = 32;
/** Positions are rounded to device pixels. */
const ROUNDING_PX = 1;

/** How much of the log is below the visible part, in pixels. */
export function pixelsToEnd({ top, height, viewHeight }: LogGeometry): number {
  return height - viewHeight - top;
}

export function isAtEnd(geometry: LogGeometry): boolean {
  return pixelsToEnd(geometry) <= ROUNDING_PX;
}

/** Whether a reader who stops scrolling here means the end. */
export function isNearEnd(geometry: LogGeometry): boolean {
  return pixelsToEnd(geometry) < NEAR_END_PX;
}

/**
 * The place after a scroll event. `before` is the geometry after the last layout or scroll that the
 * page knows of, its own scrolls included. A person's scroll looks the same by wheel, touch, keys,
 * scrollbar, find in page or screen reader: the log has moved, and the sizes of the log and of its
 * content are unchanged.
 */
export function placeAfterScroll(
  place: LogPlace,
  before: LogGeometry,
  now: LogGeometry,
): LogPlace {
  const isLaidOut = now.height !== before.height || now.viewHeight !== before.viewHeight;
  const movedPx = now.top - before.top;
  if (isLaidOut || Math.abs(movedPx) <= ROUNDING_PX) return place;
  // The log leaves its end with the first pixel upwards: the next message must not pull it back.
  const arrives = movedPx > 0 ? isNearEnd(now) : isAtEnd(now);
  return arrives ? "end" : "reader";
}
