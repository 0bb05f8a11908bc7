/** A room: header, banner, messages, typing line, composer. On a wide screen the people are beside it. */
import { useEffect } from "preact/hooks";
import { useApp } from "../../app_context.ts";
import { useAfterPaint, useMedia } from "../../hooks.ts";
import type { RoomState } from "../../state/room_state.ts";
import { Banner } from "./banner.tsx";
import { Composer } from "./composer.tsx";
import { MessageLog } from "../messages/message_log.tsx";
import { People } from "../people/people.tsx";
import { RoomHeader } from "./room_header.tsx";
import { TypingLine } from "./typing_line.tsx";

/** From this width on, the people have a panel of their own. `styles/room.css` uses the same width. */
export const WIDE = "(min-width: 60rem)";

export function RoomPage({ room }: { room: RoomState }) {
  const app = useApp();
  const isWide = useMedia(WIDE);
  useEffect(() => {
    if (isWide && app.dialog.peek() === "people") app.dialog.value = null;
  }, [isWide]);
  const isPainted = useAfterPaint();
  return (
    <div class="room">
      <RoomHeader room={room} isWide={isWide} />
      <main class="room-main">
        <Banner room={room} />
        <MessageLog room={room} />
        <TypingLine room={room} />
        <Composer room={room} />
      </main>
      {isWide && (
        <aside class="people-panel" aria-labelledby="people-title">
          <h2 id="people-title" tabIndex={-1}>People</h2>
          {isPainted && <People room={room} />}
        </aside>
      )}
    </div>
  );
}
