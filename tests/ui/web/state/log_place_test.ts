import assert from "node:assert/strict";
import {
  isNearEnd,
  type LogGeometry,
  placeAfterScroll,
} from "../../../../ui/web/state/log_place.ts";

/** A log at its end: 5,000 px, 600 of them in view. */
const END: LogGeometry = { top: 4400, height: 5000, viewHeight: 600 };
const at = (top: number): LogGeometry => ({ ...END, top });

Deno.test("a log that somebody moves up leaves its end, from the first pixels on", () => {
  assert.equal(placeAfterScroll("end", END, at(4396)), "reader");
  assert.equal(placeAfterScroll("end", END, at(0)), "reader");
});

Deno.test("a log that somebody moves down to its end, or nearly, follows again", () => {
  assert.equal(placeAfterScroll("reader", at(3000), at(4100)), "reader");
  assert.equal(placeAfterScroll("reader", at(3000), at(4380)), "end");
  assert.equal(placeAfterScroll("reader", at(3000), END), "end");
});

Deno.test("a log that bounces behind its end stays there", () => {
  assert.equal(placeAfterScroll("end", at(4450), at(4420)), "end");
});

Deno.test("what layout does to a log says nothing about its reader", () => {
  // The composer grew, or shrank and the browser kept the log within its bounds.
  assert.equal(placeAfterScroll("end", END, { ...END, viewHeight: 500 }), "end");
  assert.equal(placeAfterScroll("end", END, { top: 4300, height: 5000, viewHeight: 700 }), "end");
  // Something in the log is less high than before.
  assert.equal(placeAfterScroll("end", END, { top: 4200, height: 4900, viewHeight: 600 }), "end");
  assert.equal(placeAfterScroll("reader", at(50), { ...END, top: 0, height: 600 }), "reader");
});

Deno.test("a scroll event of the page's own says nothing about its reader", () => {
  assert.equal(placeAfterScroll("end", END, END), "end");
  assert.equal(placeAfterScroll("reader", at(2000), at(2000.4)), "reader");
});

Deno.test("a line's height from the end is near it", () => {
  assert.deepEqual([at(4380), at(4300)].map(isNearEnd), [true, false]);
});
