import assert from "node:assert/strict";
import {
  allSeen,
  lastSeenIn,
  messageArrived,
  messagesLoaded,
  NOTHING_UNREAD,
  seenBetween,
  type UnreadState,
} from "../../../ui/log/unread.ts";
import type { ChatMessage } from "../../../transport/view.ts";
import { message } from "../messages.ts";

const a = message({ id: "a", timestamp: 10 });
const b = message({ id: "b", timestamp: 20 });
const c = message({ id: "c", timestamp: 30 });
const own = message({ id: "own", timestamp: 40, own: true });

Deno.test("messages that nobody saw come are unread, from the first of them on", () => {
  let state = messageArrived(NOTHING_UNREAD, a, false);
  state = messageArrived(state, b, false);
  assert.deepEqual(state, { ids: ["a", "b"], lineBefore: "a" });
});

Deno.test("what is seen as it comes is not unread", () => {
  assert.equal(messageArrived(NOTHING_UNREAD, a, true), NOTHING_UNREAD);
});

Deno.test("the line stays when all has been seen, and moves when something newer is missed", () => {
  const seen = allSeen(messageArrived(NOTHING_UNREAD, a, false));
  assert.deepEqual(seen, { ids: [], lineBefore: "a" });
  assert.equal(messageArrived(seen, b, true).lineBefore, "a");
  assert.deepEqual(messageArrived(seen, c, false), { ids: ["c"], lineBefore: "c" });
});

Deno.test("writing clears everything", () => {
  assert.deepEqual(messageArrived({ ids: [a.id], lineBefore: a.id }, own, false), NOTHING_UNREAD);
});

/** The state after a page of messages; the first page of a visit unless `before` has messages. */
function load(
  state: UnreadState,
  given: { before?: ChatMessage[]; after: ChatMessage[]; lastSeen?: number; isFirst?: boolean },
): UnreadState {
  const { before = [], after, lastSeen = null, isFirst = before.length === 0 } = given;
  return messagesLoaded(state, { before, after, lastSeen, isFirst });
}

Deno.test("the history that a first visit finds is not unread", () => {
  assert.equal(load(NOTHING_UNREAD, { after: [a, b] }), NOTHING_UNREAD);
});

Deno.test("a later visit finds unread what came after the last one", () => {
  const state = load(NOTHING_UNREAD, { after: [a, b, own, c], lastSeen: 10 });
  assert.deepEqual(state, { ids: ["b", "c"], lineBefore: "b" });
});

Deno.test("what is said before the history has come hides nothing of it", () => {
  const given = { before: [c], after: [a, b, c], lastSeen: 10, isFirst: true };
  assert.deepEqual(load(NOTHING_UNREAD, given), { ids: ["b"], lineBefore: "b" });
});

Deno.test("what was missed while away is unread once; older pages never are", () => {
  const missed = load(NOTHING_UNREAD, { before: [b], after: [a, b, c] });
  assert.deepEqual(missed, { ids: ["c"], lineBefore: "c" });
  assert.equal(load(missed, { before: [b], after: [b, c] }), missed);
});

Deno.test("older pages are unread as far as nothing below them was seen", () => {
  const first = load(NOTHING_UNREAD, { after: [c], lastSeen: 10 });
  const second = load(first, { before: [c], after: [a, b, c], lastSeen: 10 });
  assert.deepEqual(second, { ids: ["b", "c"], lineBefore: "b" });
  assert.equal(load(allSeen(first), { before: [c], after: [a, b, c], lastSeen: 10 }).ids.length, 0);
});

Deno.test("older pages are unread although something below them was seen", () => {
  const first = load(NOTHING_UNREAD, { after: [b, c], lastSeen: 5 });
  const reading = seenBetween(first, [b, c], [b.id]);
  const second = load(reading, { before: [b, c], after: [a, b, c], lastSeen: 5 });
  assert.deepEqual(second, { ids: ["a", "c"], lineBefore: "a" });
  const seenBefore = load(reading, { before: [b, c], after: [a, b, c], lastSeen: 10 });
  assert.deepEqual(seenBefore, reading);
});

Deno.test("older pages that were seen, and newer ones, leave the line above what was seen", () => {
  const reading = { ids: [c.id], lineBefore: b.id };
  const newer = message({ id: "d", timestamp: 40 });
  const given = { before: [b, c], after: [a, b, c, newer], lastSeen: 10 };
  assert.deepEqual(load(reading, given), { ids: ["c", "d"], lineBefore: "b" });
});

Deno.test("what was in view is seen, and what was scrolled past, but nothing above it", () => {
  const state = { ids: [a.id, b.id, c.id], lineBefore: a.id };
  assert.deepEqual(seenBetween(state, [a, own, b, c], [own.id, b.id]).ids, ["a", "c"]);
  assert.deepEqual(seenBetween(state, [a, b, c], [c.id, a.id]), { ids: [], lineBefore: "a" });
  assert.equal(seenBetween(state, [a, b, c], [message({ id: "gone" }).id]), state);
});

Deno.test("how far somebody has read ends before the first unread message", () => {
  assert.equal(lastSeenIn({ ids: [b.id], lineBefore: b.id }, [a, b, c]), 10);
  assert.equal(lastSeenIn({ ids: [b.id, c.id], lineBefore: b.id }, [a, c]), 10);
  assert.equal(lastSeenIn(NOTHING_UNREAD, [a, b, message({ id: "p", timestamp: null })]), 20);
  assert.equal(lastSeenIn(NOTHING_UNREAD, []), null);
});
