/**
 * The names of the people who are typing. The line is always there, so that nothing moves when somebody
 * begins.
 */
import { nameList } from "../../../words/lists.ts";
import type { RoomState } from "../../state/room_state.ts";

export function TypingLine({ room }: { room: RoomState }) {
  const names = room.peers.value.filter((peer) => peer.isTyping).map((peer) => peer.name);
  return (
    <p class="typing">
      {names.length > 0 && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <i /> <i /> <i />
          </span>
          {nameList(names)} {names.length === 1 ? "is" : "are"} typing…
        </>
      )}
    </p>
  );
}
