/**
 * The scrolling of the log: following the newest message, keeping the reader's place whatever layout
 * does, and asking for older messages in time.
 */
import { type RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isAtEnd, isNearEnd, type LogGeometry, placeAfterScroll } from "../state/log_place.ts";
import { growWindow, type WindowEdge, windowEdge, windowStart } from "../state/log_window.ts";
import type { RoomState } from "../state/room_state.ts";
import { type Anchor, findAnchor, measureLog, movedByLayout } from "./log_geometry.ts";

/** Older messages are asked for this long before the reader is at the top. */
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
}

export function useLogScroll(room: RoomState): LogScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const settled = useRef<Settled | null>(null);
  const [edge, setEdge] = useState<WindowEdge | null>(null);
  const messages = room.messages.value;
  const start = windowStart(messages, room.place.value === "end" ? null : edge);

  /** After every layout, whatever caused it: puts the log where it belongs. */
  const settle = () => {
    const log = scroller.current;
    if (log === null) return;
    keepPlace(room, log, settled.current);
    settled.current = { geometry: measureLog(log), anchor: findAnchor(log) };
  };
  useLayoutEffect(settle);
  useEffect(() => {
    const onResize = new ResizeObserver(settle);
    onResize.observe(scroller.current!);
    onResize.observe(content.current!);
    return () => onResize.disconnect();
  }, []);

  const showOlder = () => {
    room.place.value = "reader";
    if (start > 0) setEdge(growWindow(messages, start));
    else void loadOlder();
  };
  const loadOlder = async () => {
    const first = messages[0]?.id;
    setEdge(windowEdge(messages, 0));
    await room.loadOlder();
    const before = room.messages.peek();
    const index = before.findIndex((message) => message.id === first);
    if (index > 0) setEdge(growWindow(before, index));
  };
  const onScroll = () => {
    const log = scroller.current!;
    const now = measureLog(log);
    const before = settled.current?.geometry ?? now;
    const place = placeAfterScroll(room.place.peek(), before, now);
    if (place === "reader" && room.place.peek() === "end") setEdge(windowEdge(messages, start));
    room.place.value = place;
    if (place === "end") return room.seen();
    settle();
    if (now.top >= NEAR_TOP_PX || room.isLoadingOlder.peek()) return;
    if (start > 0 || room.hasOlder.peek()) showOlder();
  };
  const onScrollEnd = () => {
    if (isNearEnd(measureLog(scroller.current!))) room.toEnd();
  };
  const toNewest = () => {
    room.toEnd();
    scroller.current!.focus({ preventScroll: true });
  };
  return { scroller, content, start, onScroll, onScrollEnd, showOlder, toNewest };
}

/** Puts the log to its end where it follows it, else back to where its reader was. */
function keepPlace(room: RoomState, log: HTMLElement, before: Settled | null): void {
  if (room.place.peek() === "end") {
    log.scrollTop = log.scrollHeight;
    return;
  }
  if (before !== null) moveBack(log, before);
  if (isAtEnd(measureLog(log))) room.place.value = "end";
}

function moveBack(log: HTMLElement, { geometry, anchor }: Settled): void {
  const now = measureLog(log);
  // Where that place is gone, the browser has moved the log to its end before anybody measured.
  const from = now.height - now.viewHeight < geometry.top ? geometry.top : now.top;
  const to = from + (anchor === null ? 0 : movedByLayout(log, anchor));
  if (Math.abs(to - now.top) >= 1) log.scrollTop = to;
}
