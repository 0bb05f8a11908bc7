import assert from "node:assert/strict";
import type { MessageId, PeerId } from "../../../transport/protocol/mod.ts";
import { dayWords } from "../../../ui/words/times.ts";
import { growWindow, WINDOW_STEP, windowEdge, windowStart } from "../../../ui/log/log_window.ts";
import type { QuietEvent } from "../../../ui/log/quiet_events.ts";
import { buildTimeline, type TimelineInput } from "../../../ui/log/timeline.ts";
import { message } from "../messages.ts";

/** Noon of a local day, in the wire's seconds. */
const NOON = new Date(2025, 2, 3, 12).getTime() / 1000;
const DAY = 86_400;

function outline(input: Partial<TimelineInput>): string[] {
  const items = buildTimeline({ messages: [], events: [], unreadFrom: null, ...input });
  return items.map((item) => {
    if (item.kind === "group") return `${item.name}: ${item.messages.map((m) => m.id).join(" ")}`;
    return item.kind === "quiet" ? item.text.replace(/[\u2068\u2069]/g, "") : item.kind;
  });
}

Deno.test("messages of one author and minute are one group", () => {
  const messages = [
    message({ id: "a", timestamp: NOON }),
    message({ id: "b", timestamp: NOON + 59 }),
    message({ id: "c", timestamp: NOON + 60 }),
    message({ id: "d", timestamp: NOON + 61, peerId: "ben" }),
    message({ id: "e", timestamp: NOON + 62, peerId: "ben", own: true }),
  ];
  assert.deepEqual(outline({ messages }), ["day", "ann: a b", "ann: c", "ben: d", "ben: e"]);
});

Deno.test("the same peer under a new name begins a new group", () => {
  const messages = [message({ id: "a" }), message({ id: "b", name: "Anna" })];
  assert.deepEqual(outline({ messages }), ["day", "ann: a", "Anna: b"]);
});

Deno.test("every day begins with its line, and the unread line splits a group", () => {
  const messages = [
    message({ id: "a", timestamp: NOON }),
    message({ id: "b", timestamp: NOON + DAY }),
    message({ id: "c", timestamp: NOON + DAY }),
  ];
  assert.deepEqual(outline({ messages, unreadFrom: "c" as MessageId }), [
    "day",
    "ann: a",
    "day",
    "ann: b",
    "unread",
    "ann: c",
  ]);
});

Deno.test("quiet events stand behind the message that they followed", () => {
  const event = (name: string, after: string | null): QuietEvent => ({
    peerId: name as PeerId,
    kind: "joined",
    name,
    after: after as MessageId | null,
    atMs: 0,
  });
  const messages = [message({ id: "a" }), message({ id: "b" })];
  const events = [event("Ann", null), event("Ben", "a"), event("Cy", "a"), event("Dov", "gone")];
  assert.deepEqual(outline({ messages, events }), [
    "Ann joined",
    "day",
    "ann: a",
    "Ben and Cy joined",
    "ann: b",
  ]);
});

Deno.test("a message that is not stored yet stands at its sender's time", () => {
  const pending = message({ id: "b", timestamp: null, sentAtMs: NOON * 1000 });
  assert.deepEqual(outline({ messages: [message({ id: "a", timestamp: NOON }), pending] }), [
    "day",
    "ann: a b",
  ]);
});

Deno.test("days are told as people say them", () => {
  const noonMs = NOON * 1000;
  assert.equal(dayWords(noonMs, noonMs), "Today");
  assert.equal(dayWords(noonMs - DAY * 1000, noonMs), "Yesterday");
  assert.equal(dayWords(noonMs - 2 * DAY * 1000, noonMs), "Saturday 1 March");
  assert.equal(dayWords(noonMs - 365 * DAY * 1000, noonMs), "3 March 2024");
});

Deno.test("a long room is rendered from its newest messages, more as one scrolls up", () => {
  const messages = Array.from({ length: 1000 }, (_, i) => message({ id: `m${i}` }));
  const start = windowStart(messages, null);
  assert.equal(start, 1000 - WINDOW_STEP);
  const grown = growWindow(messages, start);
  assert.equal(windowStart(messages, grown), 1000 - 2 * WINDOW_STEP);
  assert.equal(windowStart([...messages, message({ id: "new" })], grown), 1000 - 2 * WINDOW_STEP);
  assert.equal(growWindow(messages, 10)?.id, "m0");
});

Deno.test("a window keeps its place when its first message is let go of", () => {
  const messages = Array.from({ length: 1000 }, (_, i) => message({ id: `m${i}`, timestamp: i }));
  const edge = windowEdge(messages, 100);
  assert.equal(windowStart(messages, edge), 100);
  assert.equal(windowStart(messages.slice(300), edge), 0);
  assert.equal(windowStart(messages.toSpliced(100, 1), edge), 100);
  assert.equal(windowStart([], edge), 0);
});
