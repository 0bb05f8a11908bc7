/**
 * The scrolling of the log: follows the newest message, keeps the reader's place whatever layout does,
 * and asks for older messages in time.
 */
import { type RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { MessageId } from "../../../../transport/protocol/mod.ts";
import { isAtEnd, isNearEnd, type LogGeometry, placeAfterScroll } from "../../state/log_place.ts";
import {
  growingEdge,
  growWindow,
  unreadWindowStart,
  type WindowEdge,
  windowEdge,
  windowStart,
} from "../../../log/log_window.ts";
import type { LogView } from "../../state/reading.ts";
import type { RoomState } from "../../state/room_state.ts";
import {
  type Anchor,
  findAnchor,
  measureLog,
  messagesInView,
  movedByLayout,
  unreadLineTop,
} from "./log_geometry.ts";
import { onPushUp } from "./push_up.ts";

/** Distance to the top, in pixels, at which older messages are asked for. */
const NEAR_TOP_PX = 600;

export interface LogScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  /** Index of the first message to render. */
  readonly start: number;
  onScroll(): void;
  onScrollEnd(): void;
  showOlder(): void;
  toNewest(): void;
}

/** How the log stood after the last layout or scroll. */
interface Settled {
  readonly geometry: LogGeometry;
  readonly anchor: Anchor | null;
  /** The message below the unread line, once the log was scrolled to that line; null until then. */
  readonly lineBefore: MessageId | null;
}

export function useLogScroll(room: RoomState): LogScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const settled = useRef<Settled | null>(null);
  const [edge, setEdge] = useState<WindowEdge | null>(null);
  const messages = room.messages.value;
  const place = room.reading.place.value;
  const start = place === "unread"
    ? unreadWindowStart(messages, room.reading.unread.value.lineBefore)
    : windowStart(messages, place === "end" ? null : edge);

  /** Puts the log in its place after every layout, whatever caused it. */
  const settle = () => {
    const log = scroller.current;
    if (log === null) return;
    const lineBefore = keepPlace(room, log, settled.current);
    settled.current = { geometry: measureLog(log), anchor: findAnchor(log), lineBefore };
    room.reading.saw(messagesInView(log) as LogView | null);
  };
  useLayoutEffect(settle);
  useEffect(() => {
    const onResize = new ResizeObserver(settle);
    onResize.observe(scroller.current!);
    onResize.observe(content.current!);
    return () => onResize.disconnect();
  }, []);
  const showOlderAtTop = useRef(() => {});
  useEffect(() => onPushUp(scroller.current!, () => showOlderAtTop.current()), []);

  const showOlder = () => {
    room.reading.place.value = "reader";
    if (start > 0) setEdge(growWindow(messages, start));
    else void loadOlder();
  };
  showOlderAtTop.current = () => {
    if (room.isLoadingOlder.peek()) return;
    if (start > 0 || room.hasOlder.peek()) showOlder();
  };
  const loadOlder = async () => {
    const first = messages[0]?.id;
    setEdge(growingEdge(messages));
    await room.loadOlder();
    const before = room.messages.peek();
    const index = before.findIndex((message) => message.id === first);
    if (index !== -1) setEdge(growWindow(before, index));
  };
  const onScroll = () => {
    const log = scroller.current!;
    const now = measureLog(log);
    const before = settled.current?.geometry ?? now;
    const was = room.reading.place.peek();
    const place = placeAfterScroll(was, before, now);
    if (place === "reader" && was !== "reader") setEdge(windowEdge(messages, start));
    room.reading.place.value = place;
    // At the end the log is rendered again, and that settles it: its window may be another one.
    if (place !== "end") settle();
    if (place !== "reader") return;
    if (now.top < NEAR_TOP_PX) showOlderAtTop.current();
  };
  const onScrollEnd = () => {
    const isTrembling = room.reading.place.peek() === "reader" &&
      isNearEnd(measureLog(scroller.current!));
    if (isTrembling) room.reading.toEnd();
  };
  const toNewest = () => {
    room.reading.toEnd();
    scroller.current!.focus({ preventScroll: true });
  };
  return { scroller, content, start, onScroll, onScrollEnd, showOlder, toNewest };
}

/**
 * Scrolls the log to its end, to its unread line, or back to the reader's place. Returns the message
 * below the unread line when that line stands in its place, else null.
 */
function keepPlace(
  room: RoomState,
  log: HTMLElement,
  before: Settled | null,
): MessageId | null {
  const place = room.reading.place.peek();
  if (place === "end") {
    log.scrollTop = log.scrollHeight;
    return null;
  }
  const { lineBefore } = room.reading.unread.peek();
  const lineTop = place === "unread" ? unreadLineTop(log) : null;
  if (lineTop !== null && before?.lineBefore !== lineBefore) log.scrollTop = Math.max(0, lineTop);
  else if (before !== null) moveBack(log, before);
  // While the place is "unread" and there is no line, the unread messages are not rendered yet. The log
  // is short then, so being at its end says nothing about the reader.
  const isRendered = place === "reader" || lineTop !== null;
  if (isRendered && isAtEnd(measureLog(log))) room.reading.place.value = "end";
  // Null while context above the line is missing: once that is loaded, the log is scrolled to the line
  // again.
  return lineTop !== null && lineTop >= 0 ? lineBefore : null;
}

function moveBack(log: HTMLElement, { geometry, anchor }: Settled): void {
  const now = measureLog(log);
  // When the content becomes too short for the reader's place, the browser moves the log to its end.
  const from = now.height - now.viewHeight < geometry.top ? geometry.top : now.top;
  const to = from + (anchor === null ? 0 : movedByLayout(log, anchor));
  if (Math.abs(to - now.top) >= 1) log.scrollTop = to;
}
