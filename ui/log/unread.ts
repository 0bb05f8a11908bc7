/**
 * The messages that came and were not seen: their count for the button and the tab's title, and the
 * place of the unread line. Pure: a state, and functions that change it.
 */
import type { MessageId } from "../../transport/protocol/mod.ts";
import type { ChatMessage } from "../../transport/view.ts";

export interface UnreadState {
  /** Messages of others that were not seen yet. */
  readonly ids: readonly MessageId[];
  /**
   * The message below the unread line. The line stays after the messages were seen, until a newer one
   * is missed.
   */
  readonly lineBefore: MessageId | null;
}

export const NOTHING_UNREAD: UnreadState = { ids: [], lineBefore: null };

/** Adds one new message to the state. */
export function messageArrived(
  state: UnreadState,
  message: ChatMessage,
  isSeen: boolean,
): UnreadState {
  if (message.own) return NOTHING_UNREAD;
  return isSeen ? state : addUnread(state, [message]);
}

/** The messages before and after several came at once. */
export interface LoadedMessages {
  readonly before: readonly ChatMessage[];
  readonly after: readonly ChatMessage[];
  /**
   * Everything up to this timestamp was seen, and perhaps some or all later messages; null when nothing
   * ever was.
   */
  readonly lastSeen: number | null;
  /**
   * Whether this is the first history of the visit. The messages in `before` then arrived while it was
   * loading.
   */
  readonly isFirst: boolean;
}

/**
 * Adds the unread messages among several that came at once. After a time away, the missed messages are
 * unread. In a page of older messages, the ones after `lastSeen` are unread while any message is: the
 * reader may have seen messages below them, but not these. The history that a first visit finds has no
 * unread messages.
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

/** Marks all messages as seen: the reader is at the end, with the page in view. */
export function allSeen(state: UnreadState): UnreadState {
  return state.ids.length === 0 ? state : { ...state, ids: [] };
}

/**
 * Marks as seen the messages `ends`, of one view or of two successive ones, and everything between
 * them. Messages above them stay unread: a page of older ones may just have been loaded there.
 */
export function seenBetween(
  state: UnreadState,
  messages: readonly ChatMessage[],
  ends: readonly MessageId[],
): UnreadState {
  // This runs at every scroll, in long rooms too.
  if (state.ids.length === 0) return state;
  const isEnd = ({ id }: ChatMessage) => ends.includes(id);
  const first = messages.findIndex(isEnd);
  if (first === -1) return state;
  const between = messages.slice(first, messages.findLastIndex(isEnd) + 1);
  const seen = new Set(between.map((message) => message.id));
  const ids = state.ids.filter((id) => !seen.has(id));
  return ids.length === state.ids.length ? state : { ...state, ids };
}

/** The newest timestamp before the first unread message; null when there is none. */
export function lastSeenIn(state: UnreadState, messages: readonly ChatMessage[]): number | null {
  const unread = new Set(state.ids);
  const firstUnread = messages.findIndex((message) => unread.has(message.id));
  const seen = firstUnread === -1 ? messages : messages.slice(0, firstUnread);
  return seen.findLast((message) => message.timestamp !== null)?.timestamp ?? null;
}

/** Whether there may be unread messages before the first loaded one. */
export function mayLackUnread(
  { ids, lineBefore }: UnreadState,
  first: ChatMessage | undefined,
  hasOlder: boolean,
): boolean {
  return ids.length > 0 && hasOlder && first?.id === lineBefore;
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

/**
 * Sorts the unread ids as on screen. Pages come in any order: the line moves up to the first unread
 * message, and never down.
 */
function inOrder(added: UnreadState, messages: readonly ChatMessage[]): UnreadState {
  const unread = new Set(added.ids);
  const ids = messages.map((message) => message.id).filter((id) => unread.has(id));
  const line = messages.find(({ id }) => id === added.lineBefore || unread.has(id));
  return { ids, lineBefore: line?.id ?? null };
}
