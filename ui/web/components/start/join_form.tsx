/**
 * Joins a room by its name or a pasted link. For the link of another node it says so, and offers to
 * open it there.
 */
import { useState } from "preact/hooks";
import type { PeerId, RoomName } from "../../../../transport/protocol/mod.ts";
import { useApp } from "../../app_context.ts";
import { parseJoinText } from "../../../links/invite_links.ts";
import { ownBases } from "../../../links/invite_bases.ts";
import { TextField } from "../text_field.tsx";

export function JoinForm({ onJoin }: { onJoin: (room: RoomName, peerId: PeerId | null) => void }) {
  const app = useApp();
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [elsewhere, setElsewhere] = useState<{ url: string; host: string } | null>(null);

  const change = (value: string) => {
    setText(value);
    setProblem(null);
    setElsewhere(null);
  };
  const submit = () => {
    const target = parseJoinText(text, ownBases(app.config.peek(), app.services.nodeUrl));
    if (target.kind === "invalid") return setProblem(target.problem);
    if (target.kind === "elsewhere") return setElsewhere(target);
    onJoin(target.room, target.peerId);
  };

  return (
    <form
      class="join"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextField
        label="Or join a room"
        placeholder="Room name or link"
        value={text}
        onInput={change}
        problem={problem}
      />
      <button type="submit" class="secondary">Join</button>
      {elsewhere && (
        <p class="notice" role="alert">
          That room is on another node, <bdi>{elsewhere.host}</bdi>.{" "}
          <a href={elsewhere.url} rel="noreferrer">Open it there</a>
        </p>
      )}
    </form>
  );
}
