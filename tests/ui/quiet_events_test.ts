import assert from "node:assert/strict";
import type { MessageId, PeerId } from "../../transport/protocol.ts";
import {
  addQuietEvent,
  anchorEvents,
  type QuietEvent,
  type QuietKind,
  quietLine,
} from "../../ui/web/state/quiet_events.ts";

/** The line after events such as "ann joined", all behind the same message. */
function line(...steps: string[]): string {
  let events: readonly QuietEvent[] = [];
  for (const step of steps) {
    const [name, kind] = step.split(" ") as [string, QuietKind];
    events = addQuietEvent(events, event(name, kind));
  }
  return quietLine(events).replace(/[\u2068\u2069]/g, "");
}

function event(name: string, kind: QuietKind, after: string | null = null): QuietEvent {
  return { kind, name, peerId: name as PeerId, after: after as MessageId | null, atMs: 0 };
}

Deno.test("events of a kind are told together", () => {
  assert.equal(line("ann joined", "ben joined"), "ann and ben joined");
  assert.equal(
    line("ann joined", "ben left", "ann direct"),
    "ann joined · ben left · Now direct with ann",
  );
  assert.equal(line("a left", "b left", "c left", "d left"), "a, b and 2 others left");
});

Deno.test("a reload is not told", () => {
  assert.equal(line("ann left", "ann joined"), "");
});

Deno.test("however often somebody comes and goes, it is one line", () => {
  const churn = Array.from({ length: 50 }, () => ["ann joined", "ann direct", "ann left"]).flat();
  assert.equal(line(...churn), "ann came and left");
});

Deno.test("a path that flaps is not told", () => {
  assert.equal(line("ann direct", "ann relayed"), "");
  assert.equal(line("ann relayed", "ann direct", "ann relayed"), "Now through the node with ann");
});

Deno.test("events behind another message are not folded", () => {
  let events = addQuietEvent([], event("ann", "left", "m1"));
  events = addQuietEvent(events, event("ann", "joined", "m2"));
  assert.equal(events.length, 2);
});

Deno.test("the list stays bounded", () => {
  let events: readonly QuietEvent[] = [];
  for (let i = 0; i < 2000; i++) events = addQuietEvent(events, event(`p${i}`, "joined", `m${i}`));
  assert.equal(events.length, 500);
});

Deno.test("events from before the history came stand behind it", () => {
  const anchored = anchorEvents(
    [event("ann", "joined"), event("ben", "joined", "m1")],
    "m9" as MessageId,
  );
  assert.deepEqual(anchored.map(({ after }) => after), ["m9", "m1"]);
});
