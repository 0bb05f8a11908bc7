/**
 * The items of the log, made from messages and quiet events: day lines, the unread line, groups by
 * author and minute. Pure, and linear in the messages shown, not in the messages loaded.
 */
import type { MessageId } from "../../transport/protocol/mod.ts";
import type { ChatMessage } from "../../transport/view.ts";
import { dayKey } from "../words/times.ts";
import { type QuietEvent, quietLine } from "./quiet_events.ts";

export type TimelineItem =
  | { readonly kind: "day"; readonly key: string; readonly atMs: number }
  | { readonly kind: "unread"; readonly key: string }
  | { readonly kind: "quiet"; readonly key: string; readonly text: string }
  | MessageGroup;

/** Messages that one author wrote within one minute. */
export interface MessageGroup {
  readonly kind: "group";
  readonly key: string;
  readonly atMs: number;
  readonly own: boolean;
  readonly peerId: string;
  readonly name: string;
  readonly messages: readonly ChatMessage[];
}

export interface TimelineInput {
  /** The messages shown, in order. */
  readonly messages: readonly ChatMessage[];
  readonly events: readonly QuietEvent[];
  /** The message below the unread line. */
  readonly unreadFrom: MessageId | null;
}

const MINUTE_MS = 60_000;

/**
 * When a message was said, in milliseconds since 1970: by the node's clock, or by the sender's while
 * the message is not stored.
 */
export function messageTimeMs(message: ChatMessage): number {
  return message.timestamp === null ? message.sentAtMs ?? 0 : message.timestamp * 1000;
}

/** The items of the log, in order. */
export function buildTimeline({ messages, events, unreadFrom }: TimelineInput): TimelineItem[] {
  const items: TimelineItem[] = [];
  const eventsAfter = Map.groupBy(events, (event) => event.after);
  const addEvents = (after: MessageId | null) => {
    const text = quietLine(eventsAfter.get(after) ?? []);
    if (text !== "") items.push({ kind: "quiet", key: `quiet-${after}`, text });
  };
  addEvents(null);
  let day = "";
  for (const message of messages) {
    const atMs = messageTimeMs(message);
    if (dayKey(atMs) !== day) {
      day = dayKey(atMs);
      items.push({ kind: "day", key: `day-${day}-${message.id}`, atMs });
    }
    if (message.id === unreadFrom) items.push({ kind: "unread", key: "unread" });
    addMessage(items, message, atMs);
    addEvents(message.id);
  }
  return items;
}

function addMessage(items: TimelineItem[], message: ChatMessage, atMs: number): void {
  const last = items.at(-1);
  if (last?.kind === "group" && isSameGroup(last, message, atMs)) {
    (last.messages as ChatMessage[]).push(message);
    return;
  }
  items.push({
    kind: "group",
    key: message.id,
    atMs,
    own: message.own,
    peerId: message.peerId,
    name: message.name,
    messages: [message],
  });
}

function isSameGroup(group: MessageGroup, message: ChatMessage, atMs: number): boolean {
  return group.peerId === message.peerId && group.name === message.name &&
    group.own === message.own &&
    Math.floor(group.atMs / MINUTE_MS) === Math.floor(atMs / MINUTE_MS);
}
