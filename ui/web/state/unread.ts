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
  /** Everything was seen up to this timestamp, and all of it or some since; null when nothing ever was. */
  readonly lastSeen: number | null;
  /** Whether it is the first history of this visit. What is in `before` arrived while it was under way. */
  readonly isFirst: boolean;
}

/**
 * Several came at once. After a time away, those that were missed are unread. Of a page of older
 * messages, those after `lastSeen` are while anything is: what is below them may have been seen, they
 * were not. Of the history that a first visit finds, none is.
 */
export function messagesLoaded(state: UnreadState, loaded: LoadedMessages): UnreadState {
  const { before, after, lastSeen, isFirst } = loaded;
  const known = new Set(before.map((message) => message.id));
  const oldest = isFirst ? undefined : before.find(({ timestamp }) => timestamp !== null);
  const isAllSeen = !isFirst && state.ids.length === 0;
  const seenTimestamp = (isAllSeen ? lastSeenIn(state, before) : null) ?? lastSeen ?? Infinity;
  const readUpTo = Math.min(oldest?.timestamp ?? Infinity, seenTimestamp);
  const missed = after.filter(({ id, own, timestamp }) =>
    !own && !known.has(id) && timestamp !== null && timestamp > readUpTo
  );
  const added = addUnread(state, missed);
  return added === state ? state : inOrder(added, after);
}

/** The reader is at the end, with the page in view. */
export function allSeen(state: UnreadState): UnreadState {
  return state.ids.length === 0 ? state : { ...state, ids: [] };
}

/**
 * The reader has seen the messages `ends`, of one view or of two in turn, and everything between them.
 * What stands above is not: a page of older messages may just have come there.
 */
export function seenBetween(
  state: UnreadState,
  messages: readonly ChatMessage[],
  ends: readonly MessageId[],
): UnreadState {
  // Asked at every scroll, of long rooms too.
  if (state.ids.length === 0) return state;
  const isEnd = ({ id }: ChatMessage) => ends.includes(id);
  const first = messages.findIndex(isEnd);
  if (first === -1) return state;
  const between = messages.slice(first, messages.findLastIndex(isEnd) + 1);
  const seen = new Set(between.map((message) => message.id));
  const ids = state.ids.filter((id) => !seen.has(id));
  return ids.length === state.ids.length ? state : { ...state, ids };
}

/** The newest timestamp that was seen; null when none was. */
export function lastSeenIn(state: UnreadState, messages: readonly ChatMessage[]): number | null {
  const unread = new Set(state.ids);
  const firstUnread = messages.findIndex((message) => unread.has(message.id));
  const seen = firstUnread === -1 ? messages : messages.slice(0, firstUnread);
  return seen.findLast((message) => message.timestamp !== null)?.timestamp ?? null;
}

/** Whether there may be unread messages before the first one that is here. */
export function mayLackUnread(
  { ids, lineBefore }: UnreadState,
  first: ChatMessage | undefined,
  hasOlder: boolean,
): boolean {
  return ids.length > 0 && hasOlder && first?.id === lineBefore;
}

/** "(3) quiet-summit – E-Goat". */
export function pageTitle(room: string | null, unread: string | null): string {
  const title = room === null ? "E-Goat" : `${room} – E-Goat`;
  return unread === null ? title : `(${unread}) ${title}`;
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

/** Pages come in any order: the line moves up to the first of what is unread, and never down. */
function inOrder(added: UnreadState, messages: readonly ChatMessage[]): UnreadState {
  const unread = new Set(added.ids);
  const ids = messages.map((message) => message.id).filter((id) => unread.has(id));
  const line = messages.find(({ id }) => id === added.lineBefore || unread.has(id));
  return { ids, lineBefore: line?.id ?? null };
}
