/**
 * Where the log stands, and what a scroll event says about it. A log moves for three reasons: somebody
 * scrolled it, layout moved it, or the page did. Only the first one changes its place. Pure.
 */

/**
 * `end`: it follows the newest message. `unread`: it stands where the unread messages begin.
 * `reader`: it stays where somebody scrolled it.
 */
export type LogPlace = "end" | "unread" | "reader";

/** Of the element that scrolls, in pixels. */
export interface LogGeometry {
  readonly top: number;
  /** Of all that there is to scroll through. */
  readonly height: number;
  /** Of what is in view. */
  readonly viewHeight: number;
}

/** Nearer to the end than this is at the end: a line's height of trembling fingers and bouncing. */
const NEAR_END_PX = 32;
/** Positions are rounded to device pixels. */
const ROUNDING_PX = 1;

/** What of the log is below what is in view, in pixels. */
export function pixelsToEnd({ top, height, viewHeight }: LogGeometry): number {
  return height - viewHeight - top;
}

export function isAtEnd(geometry: LogGeometry): boolean {
  return pixelsToEnd(geometry) <= ROUNDING_PX;
}

/** Whether whoever stops scrolling here means the end. */
export function isNearEnd(geometry: LogGeometry): boolean {
  return pixelsToEnd(geometry) < NEAR_END_PX;
}

/**
 * The place after a scroll event. `before` is the geometry after the last layout or scroll that the
 * page knows of, its own included. Wheel, touch, keys, the scrollbar, find in page and screen readers
 * leave the same trace: the log has moved, and neither it nor what is in it has another size.
 */
export function placeAfterScroll(
  place: LogPlace,
  before: LogGeometry,
  now: LogGeometry,
): LogPlace {
  const isLaidOut = now.height !== before.height || now.viewHeight !== before.viewHeight;
  const movedPx = now.top - before.top;
  if (isLaidOut || Math.abs(movedPx) <= ROUNDING_PX) return place;
  // From the first pixel upwards: a message that comes next must not pull it back.
  const arrives = movedPx > 0 ? isNearEnd(now) : isAtEnd(now);
  return arrives ? "end" : "reader";
}
