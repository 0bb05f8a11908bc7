/**
 * The scrolling of the log: following the newest message, keeping the reader's place when older ones
 * are put above it, and asking for those in time.
 */
import { type RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { MessageId } from "../../../transport/protocol.ts";
import { growWindow, windowStart } from "../state/log_window.ts";
import type { RoomState } from "../state/room_state.ts";

/** Nearer to the end than this is at the end: a line's height of rounding and bouncing. */
const AT_BOTTOM_PX = 32;
/** Older messages are asked for this long before the reader is at the top. */
const NEAR_TOP_PX = 600;

export interface LogScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  /** Index of the first message to render. */
  readonly start: number;
  onScroll(): void;
  showOlder(): void;
  toNewest(): void;
}

/** Where a rendered message stood after the last layout. */
interface Anchor {
  readonly id: string;
  readonly top: number;
}

export function useLogScroll(room: RoomState): LogScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | null>(null);
  // Null: the window follows the newest message.
  const [first, setFirst] = useState<MessageId | null>(null);
  const messages = room.messages.value;
  const start = windowStart(messages, first);

  useLayoutEffect(() => {
    const element = scroller.current!;
    if (room.isAtBottom.peek()) element.scrollTop = element.scrollHeight;
    else keepPlace(element, anchor.current);
    anchor.current = findAnchor(element);
  });

  useEffect(() => {
    const followSize = new ResizeObserver(() => {
      const element = scroller.current;
      if (element !== null && room.isAtBottom.peek()) element.scrollTop = element.scrollHeight;
    });
    followSize.observe(scroller.current!);
    followSize.observe(content.current!);
    return () => followSize.disconnect();
  }, []);

  const showOlder = () => {
    if (start > 0) setFirst(growWindow(messages, start));
    else void loadOlder();
  };
  const loadOlder = async () => {
    setFirst(messages[0]?.id ?? null);
    await room.loadOlder();
    const before = room.messages.peek();
    const index = before.findIndex((message) => message.id === messages[0]?.id);
    if (index > 0) setFirst(growWindow(before, index));
  };
  const onScroll = () => {
    const element = scroller.current!;
    const toBottom = element.scrollHeight - element.scrollTop - element.clientHeight;
    room.isAtBottom.value = toBottom < AT_BOTTOM_PX;
    if (room.isAtBottom.peek()) {
      setFirst(null);
      room.seen();
      return;
    }
    if (first === null) setFirst(messages[start]?.id ?? null);
    if (element.scrollTop < NEAR_TOP_PX && !room.isLoadingOlder.peek()) {
      if (start > 0 || room.hasOlder.peek()) showOlder();
    }
  };
  const toNewest = () => {
    room.isAtBottom.value = true;
    setFirst(null);
    room.seen();
    const element = scroller.current!;
    element.scrollTop = element.scrollHeight;
    element.focus({ preventScroll: true });
  };
  return { scroller, content, start, onScroll, showOlder, toNewest };
}

function findAnchor(element: HTMLElement): Anchor | null {
  const message = element.querySelector<HTMLElement>("[data-message]");
  return message && { id: message.dataset.message!, top: topWithin(element, message) };
}

function keepPlace(element: HTMLElement, anchor: Anchor | null): void {
  if (anchor === null) return;
  const message = element.querySelector<HTMLElement>(`[data-message="${CSS.escape(anchor.id)}"]`);
  if (message === null) return;
  const moved = topWithin(element, message) - anchor.top;
  if (moved !== 0) element.scrollTop += moved;
}

/** Its place in the scrolled content, whatever the scroll position. */
function topWithin(element: HTMLElement, message: HTMLElement): number {
  return message.getBoundingClientRect().top - element.getBoundingClientRect().top +
    element.scrollTop;
}
