/** A room's header: its name, the open lock, the number of people, the worst path, the buttons. */
import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../../app_context.ts";
import { pillWords } from "../../../words/paths.ts";
import type { RoomState } from "../../state/room_state.ts";
import { DialogButton } from "../dialog_button.tsx";
import { BackIcon, GearIcon, InviteIcon, OpenLockIcon, PathIcon, PeopleIcon } from "../icons.tsx";

interface HeaderProps {
  room: RoomState;
  isWide: boolean;
}

export function RoomHeader({ room, isWide }: HeaderProps) {
  const app = useApp();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // With a mouse the composer takes the focus; on a phone that would bring up the keyboard.
    if (!matchMedia("(pointer: fine)").matches) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <header class="room-header">
      <button
        type="button"
        class="icon-button"
        aria-label="Leave the room"
        onClick={() => app.leaveRoom()}
      >
        <BackIcon />
      </button>
      <div class="room-title">
        <h1 ref={heading} tabIndex={-1}>
          <bdi>{room.session.room}</bdi>
        </h1>
        <p class="room-facts">
          <span class="fact">
            <OpenLockIcon /> Open
          </span>
          <span class="fact">{room.peers.value.length + 1} here</span>
        </p>
      </div>
      <PathPill room={room} isWide={isWide} />
      <div class="room-actions">
        <button type="button" class="invite-button" onClick={() => app.dialog.value = "invite"}>
          <InviteIcon /> <span>Invite</span>
        </button>
        {!isWide && (
          <DialogButton dialog="people" label="People">
            <PeopleIcon />
          </DialogButton>
        )}
        <DialogButton dialog="settings" label="Settings">
          <GearIcon />
        </DialogButton>
      </div>
    </header>
  );
}

function PathPill({ room, isWide }: HeaderProps) {
  const app = useApp();
  const { kind, words } = pillWords(room.peers.value, room.uplink.value);
  const show = () => {
    if (isWide) document.getElementById("people-title")?.focus();
    else app.dialog.value = "people";
  };
  return (
    <button type="button" class="pill" data-kind={kind} onClick={show}>
      <PathIcon kind={kind} />
      <span class="pill-words">{words}</span>
      <span class="visually-hidden">: show the paths</span>
    </button>
  );
}
