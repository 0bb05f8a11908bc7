/** The invitation: the link, ways to hand it on, and which address others can use. */
import { useRef, useState } from "preact/hooks";
import { useApp } from "../../app_context.ts";
import { copyFrom } from "../../clipboard.ts";
import { inviteLink } from "../../../links/invite_links.ts";
import { type InviteBase, inviteBases } from "../../../links/invite_bases.ts";
import type { RoomState } from "../../state/room_state.ts";
import { Dialog } from "./dialog.tsx";
import { CopyIcon, ShareIcon } from "../icons.tsx";
import { QrCode } from "./qr_code.tsx";

export function InviteDialog({ room }: { room: RoomState }) {
  const app = useApp();
  const bases = inviteBases(app.config.value, app.services.nodeUrl);
  const [chosen, setChosen] = useState<string | null>(null);
  const current = bases.find(({ base }) => base === chosen) ?? bases[0]!;
  const link = inviteLink(current.base, room.session.room);
  return (
    <Dialog title="Invite" onClose={() => app.dialog.value = null}>
      <p>
        Everyone with this link can join the room and read what was said in it: the room is{" "}
        <strong>open</strong>.
      </p>
      <LinkRow key={link} link={link} />
      {!current.isReachable && (
        <p class="notice">
          This address only works on this computer.
          {bases.length > 1
            ? " Choose another one for people elsewhere."
            : " The node knows no other address of this computer: connect it to a network, or set a public address on the node."}
        </p>
      )}
      {bases.length > 1 && <Addresses bases={bases} current={current} onChoose={setChosen} />}
      <QrCode text={link} label="QR code of the link" />
    </Dialog>
  );
}

function LinkRow({ link }: { link: string }) {
  const app = useApp();
  const field = useRef<HTMLInputElement>(null);
  const [note, setNote] = useState("");
  const copy = async () => {
    const isCopied = await copyFrom(field.current!);
    const words = isCopied ? "Copied" : "Selected: copy it with your keyboard or menu";
    setNote(words);
    app.speech.sayStatus(isCopied ? "Link copied" : words);
  };
  const share = async () => {
    try {
      await navigator.share({ title: "E-Goat", url: link });
    } catch {
      // Closed by the user, or refused: the link is still there to copy.
    }
  };
  const canShare = "share" in navigator;
  return (
    <div class="link-row">
      <input ref={field} type="text" readOnly value={link} aria-label="Link to this room" />
      <div class="link-buttons">
        <button type="button" class="primary" onClick={copy} autofocus>
          <CopyIcon /> Copy
        </button>
        {canShare && (
          <button type="button" class="secondary" onClick={share}>
            <ShareIcon /> Share
          </button>
        )}
        <span class="copied">{note}</span>
      </div>
    </div>
  );
}

interface AddressesProps {
  bases: readonly InviteBase[];
  current: InviteBase;
  onChoose: (base: string) => void;
}

function Addresses({ bases, current, onChoose }: AddressesProps) {
  return (
    <fieldset class="choices">
      <legend>Address in the link</legend>
      <p class="hint">
        You have opened this page at an address that only works on this computer.
      </p>
      {bases.map(({ base, isReachable }) => (
        <label key={base} class="choice">
          <input
            type="radio"
            name="invite-base"
            checked={base === current.base}
            onChange={() => onChoose(base)}
          />
          <span>
            {base}{" "}
            <span class="hint">{isReachable ? "on your network" : "this computer only"}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
