/**
 * What has come and was not seen: the count for the button and the tab's title, and where the unread
 * line stands. Pure: a state and what changes it.
 */
import type { MessageId } from "../../../transport/protocol.ts";
import type { ChatMessage } from "../../../transport/view.ts";

export interface UnreadState {
  /** Messages of others that were not seen yet. */
  readonly ids: readonly MessageId[];
  /** Where the line stands; it stays when they have been seen, until something newer is missed. */
  readonly lineBefore: MessageId | null;
}

export const NOTHING_UNREAD: UnreadState = { ids: [], lineBefore: null };

/** One message came. */
export function messageArrived(
  state: UnreadState,
  message: ChatMessage,
  isSeen: boolean,
): UnreadState {
  if (message.own) return NOTHING_UNREAD;
  return isSeen ? state : addUnread(state, [message]);
}

/** What changed when several messages came at once. */
export interface LoadedMessages {
  readonly before: readonly ChatMessage[];
  readonly after: readonly ChatMessage[];
  /** The newest timestamp seen in an earlier visit; null on the first one. */
  readonly lastSeen: number | null;
}

/**
 * Several came at once: missed ones after a time away are unread; older ones that somebody scrolled
 * to are not, nor is the history that a first visit finds.
 */
export function messagesLoaded(state: UnreadState, loaded: LoadedMessages): UnreadState {
  const { before, after, lastSeen } = loaded;
  const known = new Set(before.map((message) => message.id));
  const oldest = before.find((message) => message.timestamp !== null)?.timestamp;
  const readUpTo = oldest ?? lastSeen ?? Infinity;
  return addUnread(
    state,
    after.filter(({ id, own, timestamp }) =>
      !own && !known.has(id) && timestamp !== null && timestamp > readUpTo
    ),
  );
}

/** The reader is at the bottom, with the page in view. */
export function allSeen(state: UnreadState): UnreadState {
  return state.ids.length === 0 ? state : { ...state, ids: [] };
}

/** The newest timestamp that was seen; null when none was. */
export function lastSeenIn(state: UnreadState, messages: readonly ChatMessage[]): number | null {
  const firstUnread = messages.findIndex((message) => message.id === state.ids[0]);
  const seen = firstUnread === -1 ? messages : messages.slice(0, firstUnread);
  return seen.findLast((message) => message.timestamp !== null)?.timestamp ?? null;
}

/** "(3) quiet-summit – E-Goat". */
export function pageTitle(room: string | null, unread: number): string {
  const title = room === null ? "E-Goat" : `${room} – E-Goat`;
  return unread === 0 ? title : `(${unread}) ${title}`;
}

function addUnread(state: UnreadState, missed: readonly ChatMessage[]): UnreadState {
  const known = new Set(state.ids);
  const added = missed.map((message) => message.id).filter((id) => !known.has(id));
  if (added.length === 0) return state;
  return {
    ids: [...state.ids, ...added],
    lineBefore: state.ids.length === 0 ? added[0]! : state.lineBefore,
  };
}
