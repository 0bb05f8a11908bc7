/** Shown for the moment before a room opens, while the node is asked for its configuration. */
import { Mark } from "./mark.tsx";
import { Ridge } from "./ridge.tsx";

export function OpeningRoom({ room }: { room: string }) {
  return (
    <div class="start">
      <Ridge />
      <main class="start-main ask">
        <div class="intro">
          <Mark size={56} />
          <h1>
            <bdi>{room}</bdi>
          </h1>
          <p>Opening the room…</p>
        </div>
      </main>
    </div>
  );
}
