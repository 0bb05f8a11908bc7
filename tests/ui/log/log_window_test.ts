import assert from "node:assert/strict";
import {
  growingEdge,
  growWindow,
  UNREAD_CONTEXT,
  unreadWindowStart,
  WINDOW_STEP,
  windowEdge,
  windowStart,
} from "../../../ui/log/log_window.ts";
import { message } from "../messages.ts";

const log = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => message({ id: `m${from + n}`, timestamp: from + n }));

Deno.test("without an edge the window has the newest messages", () => {
  assert.equal(windowStart(log(0, 1000), null), 1000 - WINDOW_STEP);
  assert.equal(windowStart(log(0, 10), null), 0);
});

Deno.test("a window that grows stands a step higher, and stays there when messages come", () => {
  const edge = growWindow(log(0, 1000), 800);
  assert.equal(windowStart(log(0, 1000), edge), 600);
  assert.equal(windowStart(log(0, 1100), edge), 600);
  assert.equal(growWindow(log(0, 1000), 100)?.id, "m0");
});

Deno.test("a window at the first message shows a step of the page that is loaded above it", () => {
  const edge = growingEdge(log(500, 1000));
  assert.equal(windowStart(log(500, 1000), edge), 0);
  assert.equal(windowStart(log(100, 1000), edge), 400 - WINDOW_STEP);
  assert.equal(growingEdge([]), null);
});

Deno.test("a window whose edge was removed from memory begins at the next message", () => {
  const edge = windowEdge(log(0, 1000), 300);
  assert.equal(windowStart(log(400, 1000), edge), 0);
  assert.equal(windowStart(log(0, 200), edge), 0, "with none it follows the newest");
  assert.equal(windowEdge([], 0), null);
});

Deno.test("a log at its unread line has some messages above it", () => {
  const { id } = message({ id: "m500" });
  assert.equal(unreadWindowStart(log(0, 1000), id), 500 - UNREAD_CONTEXT);
  assert.equal(unreadWindowStart(log(480, 1000), id), 0);
  assert.equal(unreadWindowStart(log(0, 1000), message({ id: "m990" }).id), 1000 - WINDOW_STEP);
  assert.equal(unreadWindowStart(log(0, 1000), null), 1000 - WINDOW_STEP);
});
