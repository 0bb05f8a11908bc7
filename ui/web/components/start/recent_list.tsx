/** The rooms that the user was in, newest first. */
import type { RoomName } from "../../../../transport/protocol/mod.ts";
import { useApp } from "../../app_context.ts";
import { momentWords } from "../../../words/times.ts";
import { roomPath } from "../../state/route.ts";
import type { RecentRoom } from "../../state/recent_rooms.ts";
import { CloseIcon } from "../icons.tsx";

export function RecentList({ onJoin }: { onJoin: (room: RoomName) => void }) {
  const { recent } = useApp();
  if (recent.list.value.length === 0) return null;
  return (
    <section class="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">Rooms you were in</h2>
      <ul>
        {recent.list.value.map((entry) => <Entry key={entry.room} entry={entry} onJoin={onJoin} />)}
      </ul>
    </section>
  );
}

function Entry({ entry, onJoin }: { entry: RecentRoom; onJoin: (room: RoomName) => void }) {
  const { recent } = useApp();
  const enter = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onJoin(entry.room);
  };
  return (
    <li>
      <a href={roomPath(entry.room)} onClick={enter}>
        <bdi class="recent-name">{entry.room}</bdi>
        <span class="recent-time">{momentWords(entry.openedAtMs, Date.now())}</span>
      </a>
      <button
        type="button"
        class="icon-button"
        aria-label={`Remove ${entry.room} from this list`}
        onClick={() => recent.remove(entry.room)}
      >
        <CloseIcon />
      </button>
    </li>
  );
}
