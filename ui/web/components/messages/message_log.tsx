/**
 * The messages, newest at the bottom. Follows the newest message only while it stands at the end,
 * renders a window of a long room, and loads older messages as the reader scrolls up.
 */
import { useMemo } from "preact/hooks";
import { useNow } from "../../hooks.ts";
import { dayWords } from "../../../words/times.ts";
import type { RoomState } from "../../state/room_state.ts";
import { buildTimeline, type TimelineItem } from "../../../log/timeline.ts";
import { DownIcon } from "../icons.tsx";
import { useLogScroll } from "./log_scroll.ts";
import { MessageGroupView } from "./message_group.tsx";

const MINUTE_MS = 60_000;

export function MessageLog({ room }: { room: RoomState }) {
  const messages = room.messages.value;
  const events = room.events.value;
  const unreadFrom = room.reading.unread.value.lineBefore;
  const scroll = useLogScroll(room);
  const now = useNow(MINUTE_MS);
  const items = useMemo(
    () => buildTimeline({ messages: messages.slice(scroll.start), events, unreadFrom }),
    [messages, events, unreadFrom, scroll.start],
  );
  // Memoised: Preact does not compare identical elements. Scrolling renders this component, and
  // thousands of items may be shown.
  const list = useMemo(
    () => items.map((item) => <Item key={item.key} item={item} now={now} room={room} />),
    [items, now, room],
  );
  return (
    <div class="log-frame">
      <div
        ref={scroll.scroller}
        class="log"
        role="log"
        aria-live="off"
        aria-label="Messages"
        tabIndex={0}
        onScroll={scroll.onScroll}
        onScrollEnd={scroll.onScrollEnd}
      >
        <div ref={scroll.content} class="log-content">
          {(scroll.start > 0 || room.hasOlder.value) && (
            <button type="button" class="quiet-button older" onClick={scroll.showOlder}>
              {room.isLoadingOlder.value ? "Loading…" : "Show older messages"}
            </button>
          )}
          {messages.length === 0 && <EmptyLog room={room} />}
          <ol class="items">{list}</ol>
        </div>
      </div>
      {room.reading.place.value !== "end" && <NewestButton room={room} onClick={scroll.toNewest} />}
    </div>
  );
}

function Item({ item, now, room }: { item: TimelineItem; now: number; room: RoomState }) {
  switch (item.kind) {
    case "day":
      return <li class="day">{dayWords(item.atMs, now)}</li>;
    case "unread":
      return <li class="unread-line">New messages</li>;
    case "quiet":
      return <li class="quiet">{item.text}</li>;
    case "group":
      return <MessageGroupView group={item} onRetry={(id) => room.session.retry(id)} />;
  }
}

function EmptyLog({ room }: { room: RoomState }) {
  const isOnline = room.uplink.value.state === "online";
  return (
    <div class="empty">
      {isOnline
        ? (
          <>
            <p class="empty-title">No messages yet</p>
            <p>Write something, or invite somebody with the room's link.</p>
          </>
        )
        : <p>What was said here shows up when the node answers.</p>}
    </div>
  );
}

function NewestButton({ room, onClick }: { room: RoomState; onClick: () => void }) {
  const count = room.unreadCount;
  const label = count === null ? "Latest messages" : `Latest messages, ${count} new`;
  return (
    <button type="button" class="newest-button" aria-label={label} onClick={onClick}>
      <DownIcon /> Latest messages {count !== null && <span class="count">{count}</span>}
    </button>
  );
}
