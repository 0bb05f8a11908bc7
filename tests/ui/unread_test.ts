import assert from "node:assert/strict";
import {
  allSeen,
  lastSeenIn,
  messageArrived,
  messagesLoaded,
  NOTHING_UNREAD,
  pageTitle,
} from "../../ui/web/state/unread.ts";
import { message } from "./messages.ts";

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

Deno.test("the history that a first visit finds is not unread", () => {
  const state = messagesLoaded(NOTHING_UNREAD, { before: [], after: [a, b], lastSeen: null });
  assert.equal(state, NOTHING_UNREAD);
});

Deno.test("a later visit finds unread what came after the last one", () => {
  const loaded = { before: [], after: [a, b, own, c], lastSeen: 10 };
  assert.deepEqual(messagesLoaded(NOTHING_UNREAD, loaded), { ids: ["b", "c"], lineBefore: "b" });
});

Deno.test("what was missed while away is unread once; older pages never are", () => {
  const missed = messagesLoaded(NOTHING_UNREAD, { before: [b], after: [a, b, c], lastSeen: null });
  assert.deepEqual(missed, { ids: ["c"], lineBefore: "c" });
  assert.equal(messagesLoaded(missed, { before: [b], after: [b, c], lastSeen: null }), missed);
});

Deno.test("how far somebody has read ends before the first unread message", () => {
  assert.equal(lastSeenIn({ ids: [b.id], lineBefore: b.id }, [a, b, c]), 10);
  assert.equal(lastSeenIn(NOTHING_UNREAD, [a, b, message({ id: "p", timestamp: null })]), 20);
  assert.equal(lastSeenIn(NOTHING_UNREAD, []), null);
});

Deno.test("the title counts", () => {
  assert.equal(pageTitle("den", 3), "(3) den – E-Goat");
  assert.equal(pageTitle("den", 0), "den – E-Goat");
  assert.equal(pageTitle(null, 0), "E-Goat");
});
