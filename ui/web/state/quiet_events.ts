/**
 * What happens in a room besides messages, as a person would tell it: who joined, and who left. Keeps
 * the list short by folding churn: what one peer undoes before the next message, or after a moment, is
 * not told. Another peer under the same name may be a stranger, and undoes nothing. Pure.
 */
import type { MessageId, PeerId } from "../../../transport/protocol.ts";
import { nameList } from "./list_words.ts";

export type QuietKind = "joined" | "left";

export interface QuietEvent {
  readonly kind: QuietKind;
  readonly peerId: PeerId;
  /** Who it is about, as people read it: several peers may have it, of one person or of several. */
  readonly name: string;
  /** The message it stands behind; null before the first one. */
  readonly after: MessageId | null;
  readonly atMs: number;
}

/** Enough to scroll back through; an unattended room must not grow the page. */
const MOST_EVENTS = 500;
/** Nobody says of somebody that they were away for less: a reload, a tunnel, a phone in a pocket. */
const SHORT_ABSENCE_MS = 5 * 60_000;

const PHRASES: readonly (readonly [QuietKind, (names: string) => string])[] = [
  ["joined", (names) => `${names} joined`],
  ["left", (names) => `${names} left`],
];

/** The list with `event` added, or without the one that it undoes. */
export function addQuietEvent(
  events: readonly QuietEvent[],
  event: QuietEvent,
): readonly QuietEvent[] {
  // Once a namesake was told to have left, whoever joins under that name is news again.
  const namesakes = events.filter((other) => other.name === event.name);
  const isOfPeer = (other: QuietEvent | undefined) => other?.peerId === event.peerId;
  const newest = namesakes.at(-1);
  if (isOfPeer(newest) && newest?.kind === event.kind) return events;
  const last = namesakes.findLast(isOfPeer);
  if (last !== undefined && isUndone(last, event)) return events.filter((other) => other !== last);
  return [...events, event].slice(-MOST_EVENTS);
}

function isUndone(last: QuietEvent, by: QuietEvent): boolean {
  if (last.kind === by.kind) return false;
  const isBack = by.kind === "joined" && by.atMs - last.atMs < SHORT_ABSENCE_MS;
  return isBack || last.after === by.after;
}

/** Puts events that came before any message behind `after`: history has arrived above them. */
export function anchorEvents(
  events: readonly QuietEvent[],
  after: MessageId,
): readonly QuietEvent[] {
  return events.map((event) => event.after === null ? { ...event, after } : event);
}

/** Events behind one message as one line: "Ann and Ben joined · Cleo left". */
export function quietLine(events: readonly QuietEvent[]): string {
  const phrases: string[] = [];
  for (const [kind, phrase] of PHRASES) {
    const names = events.filter((event) => event.kind === kind).map((event) => event.name);
    if (names.length > 0) phrases.push(phrase(nameList(names)));
  }
  return phrases.join(" · ");
}
