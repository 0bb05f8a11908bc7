/**
 * Banners: problems on the way to the node, with what still works, and errors that belong nowhere else.
 */
import { useApp } from "../../app_context.ts";
import { useNow } from "../../hooks.ts";
import type { UplinkView } from "../../../../transport/view.ts";
import { bannerWords, unreachedWords } from "../../../words/banner.ts";
import { countdownWords } from "../../../words/times.ts";
import type { RoomState } from "../../state/room_state.ts";
import { PageProblem, ProblemBanner } from "../problem_banner.tsx";

/** No banner is shown while connecting takes less than this. */
const PATIENCE_MS = 800;

export function Banner({ room }: { room: RoomState }) {
  const app = useApp();
  const uplink = room.uplink.value;
  return (
    <>
      {uplink.state === "online"
        ? <UnreachedBanner room={room} />
        : <UplinkBanner room={room} uplink={uplink} />}
      <RoomProblem room={room} />
      {app.dialog.value === null && <PageProblem />}
    </>
  );
}

function UplinkBanner({ room, uplink }: { room: RoomState; uplink: UplinkView }) {
  const app = useApp();
  const now = useNow(500);
  if (uplink.state === "connecting" && now - uplink.sinceMs < PATIENCE_MS) return null;
  const isClosed = uplink.state === "closed";
  const retry = () => isClosed ? app.rejoin() : room.session.reconnect();
  return (
    <section class="banner" aria-label="Connection">
      <p>
        {bannerWords(uplink, { peers: room.peers.value, strategy: room.strategy.value })}
        {uplink.retryAtMs !== null && ` Trying again ${countdownWords(uplink.retryAtMs, now)}.`}
      </p>
      {uplink.state !== "connecting" && (
        <button type="button" class="banner-button" onClick={retry}>
          {isClosed ? "Join again" : "Try now"}
        </button>
      )}
    </section>
  );
}

function UnreachedBanner({ room }: { room: RoomState }) {
  const words = unreachedWords({ peers: room.peers.value, strategy: room.strategy.value });
  return words && (
    <section class="banner" aria-label="Connection">
      <p>{words}</p>
    </section>
  );
}

function RoomProblem({ room }: { room: RoomState }) {
  const problem = room.problem.value;
  return problem && (
    <ProblemBanner
      text={problem.message}
      onDismiss={() => room.problem.value = null}
    />
  );
}
