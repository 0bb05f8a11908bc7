/** The people in the room and the paths to them: the map, you, everyone else. A panel or a drawer. */
import { useApp } from "../../app_context.ts";
import { useNow } from "../../hooks.ts";
import { momentWords } from "../../../words/times.ts";
import { rttWords, uplinkKind, uplinkWords } from "../../../words/paths.ts";
import type { RoomState } from "../../state/room_state.ts";
import { strategyWords } from "../../../words/strategies.ts";
import { Avatar } from "../avatar.tsx";
import { Dialog } from "../dialogs/dialog.tsx";
import { PathIcon } from "../icons.tsx";
import { PeerCard } from "./peer_card.tsx";
import { RoomMap } from "./room_map.tsx";

const MINUTE_MS = 60_000;

export function PeopleDrawer({ room }: { room: RoomState }) {
  const app = useApp();
  return (
    <Dialog title="People" shape="drawer" onClose={() => app.dialog.value = null}>
      <People room={room} />
    </Dialog>
  );
}

export function People({ room }: { room: RoomState }) {
  const now = useNow(MINUTE_MS);
  const peers = room.peers.value;
  return (
    <div class="people">
      <RoomMap peers={peers} uplink={room.uplink.value} />
      <ul class="people-list">
        <You room={room} now={now} />
        {peers.map((peer) => (
          <PeerCard key={peer.peerId} peer={peer} now={now} strategy={room.strategy.value} />
        ))}
      </ul>
      {peers.length === 0 && (
        <p class="hint">
          Nobody else is here. Invite somebody with the link.
        </p>
      )}
      <p class="hint open-note">
        This room is open: everyone who has its link or knows its name can join and read what was
        said.
      </p>
    </div>
  );
}

function You({ room, now }: { room: RoomState; now: number }) {
  const uplink = room.uplink.value;
  const strategy = room.strategy.value;
  const isOnline = uplink.state === "online";
  const kind = uplinkKind(uplink);
  return (
    <li class="peer">
      <Avatar peerId={room.session.peerId} name={room.name.value} />
      <div class="peer-body">
        <p class="peer-name">
          <bdi>{room.name.value}</bdi> <span class="you-tag">you</span>
        </p>
        <p class="peer-path" data-kind={kind}>
          <PathIcon kind={kind} /> {uplinkWords(uplink)}
        </p>
        <p class="peer-facts">
          {isOnline && uplink.rttMs !== null && `${rttWords(uplink.rttMs)} · `}
          since {momentWords(uplink.sinceMs, now)}
        </p>
        {strategy !== "auto" && (
          <p class="peer-reason">Connections: {strategyWords(strategy, null).title}.</p>
        )}
      </div>
    </li>
  );
}
