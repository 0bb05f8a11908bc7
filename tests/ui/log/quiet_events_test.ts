import assert from "node:assert/strict";
import type { MessageId, PeerId } from "../../../transport/protocol/mod.ts";
import {
  addQuietEvent,
  anchorEvents,
  type QuietEvent,
  type QuietKind,
  quietLine,
} from "../../../ui/log/quiet_events.ts";

/** The line after events such as "ann joined", all below the same message. */
function line(...steps: string[]): string {
  let events: readonly QuietEvent[] = [];
  for (const step of steps) {
    const [name, kind] = step.split(" ") as [string, QuietKind];
    events = addQuietEvent(events, event(name, kind));
  }
  return plain(events);
}

function plain(events: readonly QuietEvent[]): string {
  return quietLine(events).replace(/[\u2068\u2069]/g, "");
}

interface Where {
  readonly after?: string;
  readonly minute?: number;
  readonly peerId?: PeerId;
}

function event(name: string, kind: QuietKind, where: Where = {}): QuietEvent {
  const { after, minute = 0, peerId = name as PeerId } = where;
  return { kind, peerId, name, after: (after ?? null) as MessageId | null, atMs: minute * 60_000 };
}

Deno.test("who joined and who left is told together", () => {
  assert.equal(line("ann joined", "ben joined"), "ann and ben joined");
  assert.equal(line("ann joined", "ben left", "cy joined"), "ann and cy joined · ben left");
  assert.equal(line("a left", "b left", "c left", "d left"), "a, b and 2 others left");
});

Deno.test("who leaves and comes back before the next message is not told", () => {
  assert.equal(line("ann left", "ann joined"), "");
});

Deno.test("who comes and goes before the next message is not told, however often", () => {
  assert.equal(line("ann joined", "ann left"), "");
  const churn = Array.from({ length: 50 }, () => ["ann joined", "ann left"]).flat();
  assert.equal(line("ben joined", ...churn), "ben joined");
  assert.equal(line(...churn, "ann joined"), "ann joined");
});

Deno.test("the same twice is told once", () => {
  assert.equal(line("ann joined", "ann joined"), "ann joined");
});

Deno.test("another one who joins under the same name is told", () => {
  const joined = addQuietEvent([], event("ann", "joined"));
  const both = addQuietEvent(joined, event("ann", "joined", { peerId: "other" as PeerId }));
  assert.equal(plain(both), "ann and ann joined");
});

Deno.test("a short absence is not told, whatever was said meanwhile", () => {
  const left = addQuietEvent([], event("ann", "left", { after: "m1" }));
  assert.deepEqual(
    addQuietEvent(left, event("ann", "joined", { after: "m2", minute: 4 })),
    [],
  );
  assert.equal(
    plain(addQuietEvent(left, event("ann", "joined", { after: "m2", minute: 6 }))),
    "ann joined · ann left",
  );
});

Deno.test("a stranger under the name of somebody who just left is told, and so is who they took it from", () => {
  const left = addQuietEvent([], event("ann", "left", { after: "m1" }));
  const stranger = event("ann", "joined", { after: "m1", peerId: "other" as PeerId });
  const both = addQuietEvent(left, stranger);
  assert.deepEqual(both.map(({ kind, peerId }) => `${peerId} ${kind}`), [
    "ann left",
    "other joined",
  ]);
  const back = addQuietEvent(both, event("ann", "joined", { after: "m2", minute: 2 }));
  assert.deepEqual(back, [stranger]);
});

Deno.test("who comes back under another name is told", () => {
  const left = addQuietEvent([], event("ann", "left"));
  const renamed = addQuietEvent(left, event("anna", "joined", { peerId: "ann" as PeerId }));
  assert.equal(plain(renamed), "anna joined · ann left");
});

Deno.test("who comes back after the last one of that name has left is told", () => {
  const other = { peerId: "other" as PeerId };
  let events = addQuietEvent([], event("ann", "joined", { after: "m1" }));
  events = addQuietEvent(events, event("ann", "joined", { after: "m2", ...other }));
  // It was not shown that the first one left, because the other one was still here.
  events = addQuietEvent(events, event("ann", "left", { after: "m3", ...other }));
  events = addQuietEvent(events, event("ann", "joined", { after: "m4" }));
  assert.equal(events.at(-1)?.kind, "joined");
});

Deno.test("who comes, hears something and goes was here, and left", () => {
  const joined = addQuietEvent([], event("ann", "joined", { after: "m1" }));
  assert.equal(addQuietEvent(joined, event("ann", "left", { after: "m2" })).length, 2);
});

Deno.test("the list stays bounded", () => {
  let events: readonly QuietEvent[] = [];
  for (let i = 0; i < 2000; i++) {
    events = addQuietEvent(events, event(`p${i}`, "joined", { after: `m${i}` }));
  }
  assert.equal(events.length, 500);
});

Deno.test("events from before the history came stand behind it", () => {
  const anchored = anchorEvents(
    [event("ann", "joined"), event("ben", "joined", { after: "m1" })],
    "m9" as MessageId,
  );
  assert.deepEqual(anchored.map(({ after }) => after), ["m9", "m1"]);
});
