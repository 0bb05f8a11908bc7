/**
 * What happens in a room besides messages: who joined, who left, whose path changed. Keeps the list
 * short by folding churn: what undoes itself before the next message is not told. Pure.
 */
import type { MessageId, PeerId } from "../../../transport/protocol.ts";
import { nameList } from "./list_words.ts";

export type QuietKind = "joined" | "left" | "visited" | "direct" | "relayed";

export interface QuietEvent {
  readonly kind: QuietKind;
  readonly peerId: PeerId;
  readonly name: string;
  /** The message it stands behind; null before the first one. */
  readonly after: MessageId | null;
  readonly atMs: number;
}

/** Enough to scroll back through; an unattended room must not grow the page. */
const MOST_EVENTS = 500;

const PHRASES: readonly (readonly [QuietKind, (names: string) => string])[] = [
  ["joined", (names) => `${names} joined`],
  ["visited", (names) => `${names} came and left`],
  ["left", (names) => `${names} left`],
  ["direct", (names) => `Now direct with ${names}`],
  ["relayed", (names) => `Now through the node with ${names}`],
];

/** The list with `event` added, and folded with what it undoes behind the same message. */
export function addQuietEvent(
  events: readonly QuietEvent[],
  event: QuietEvent,
): readonly QuietEvent[] {
  const isFoldable = (other: QuietEvent) =>
    other.after === event.after && other.peerId === event.peerId;
  const kinds = new Set(events.filter(isFoldable).map((other) => other.kind));
  const without = (...drop: QuietKind[]) =>
    events.filter((other) => !(isFoldable(other) && drop.includes(other.kind)));
  switch (event.kind) {
    case "joined":
      return kinds.has("left") ? without("left") : append(events, event);
    case "left":
      return kinds.has("joined") || kinds.has("visited")
        ? append(without("joined", "visited", "direct", "relayed"), { ...event, kind: "visited" })
        : append(without("direct", "relayed"), event);
    case "direct":
      return kinds.has("relayed") ? without("relayed") : append(without("direct"), event);
    case "relayed":
      return kinds.has("direct") ? without("direct") : append(without("relayed"), event);
    case "visited":
      return append(without("visited"), event);
  }
}

function append(events: readonly QuietEvent[], event: QuietEvent): readonly QuietEvent[] {
  return [...events, event].slice(-MOST_EVENTS);
}

/** Puts events that came before any message behind `after`: history has arrived above them. */
export function anchorEvents(
  events: readonly QuietEvent[],
  after: MessageId,
): readonly QuietEvent[] {
  return events.map((event) => event.after === null ? { ...event, after } : event);
}

/** Events behind one message as one line: "Ann and Ben joined · Now direct with Ann". */
export function quietLine(events: readonly QuietEvent[]): string {
  const phrases: string[] = [];
  for (const [kind, phrase] of PHRASES) {
    const names = events.filter((event) => event.kind === kind).map((event) => event.name);
    if (names.length > 0) phrases.push(phrase(nameList([...new Set(names)])));
  }
  return phrases.join(" · ");
}
