/**
 * Joins and leaves of a room, as a person would tell them. Keeps the list short: an event that the same
 * peer reverts before the next message is not shown, nor is an absence of less than five minutes.
 * Another peer under the same name may be a stranger, and reverts nothing. Pure.
 */
import type { MessageId, PeerId } from "../../transport/protocol/mod.ts";
import { nameList } from "../words/lists.ts";

export type QuietKind = "joined" | "left";

export interface QuietEvent {
  readonly kind: QuietKind;
  readonly peerId: PeerId;
  /** The peer's name. Several peers may have the same one, of one person or of several. */
  readonly name: string;
  /** The message below which the event is shown; null before the first one. */
  readonly after: MessageId | null;
  readonly atMs: number;
}

/** Most events that are kept. Enough to scroll back through; an unattended room must not grow the page. */
const MOST_EVENTS = 500;
/** A shorter absence is not worth telling: a reload, a tunnel, a phone in a pocket. */
const SHORT_ABSENCE_MS = 5 * 60_000;

const PHRASES: readonly (readonly [QuietKind, (names: string) => string])[] = [
  ["joined", (names) => `${names} joined`],
  ["left", (names) => `${names} left`],
];

/** The list with `event` added, or without the event that it reverts. */
export function addQuietEvent(
  events: readonly QuietEvent[],
  event: QuietEvent,
): readonly QuietEvent[] {
  // Only the newest event of this name can make `event` a repetition: once another peer of that name
  // was shown to have left, a join is news again.
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

/** Moves events from before the first message behind `after`: history has arrived above them. */
export function anchorEvents(
  events: readonly QuietEvent[],
  after: MessageId,
): readonly QuietEvent[] {
  return events.map((event) => event.after === null ? { ...event, after } : event);
}

/** The events below one message as one line: "Ann and Ben joined · Cleo left". */
export function quietLine(events: readonly QuietEvent[]): string {
  const phrases: string[] = [];
  for (const [kind, phrase] of PHRASES) {
    const names = events.filter((event) => event.kind === kind).map((event) => event.name);
    if (names.length > 0) phrases.push(phrase(nameList(names)));
  }
  return phrases.join(" · ");
}
