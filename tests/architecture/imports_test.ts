import assert from "node:assert/strict";
import { importViolations } from "./import_rules.ts";
import { readSources } from "./source_files.ts";

Deno.test("no file imports what it may not", async () => {
  const files = await readSources([".ts", ".tsx"]);
  assert.ok(files.length > 20, "the sources were found");
  assert.deepEqual(importViolations(files), []);
});

/** Code that a file may not contain, and a pattern for the reason. */
const FORBIDDEN: readonly [path: string, source: string, reason: RegExp][] = [
  ["transport/protocol/mod.ts", 'import { x } from "../path.ts";', /leaves/],
  ["transport/errors.ts", 'import { x } from "uuid";', /leaves/],
  ["transport/mesh/mesh.ts", 'import { x } from "../../server/room.ts";', /knows neither/],
  ["transport/mesh/mesh.ts", 'import { x } from "node:net";', /unchanged in a browser/],
  ["transport/mesh/mesh.ts", "export const x = Deno.hostname();", /unchanged in a browser/],
  ["transport/mesh/mesh.ts", "export const x = document.title;", /unchanged in a browser/],
  ["transport/mod.ts", 'export * from "./werift/werift.ts";', /one platform/],
  ["server/webrtc.ts", 'const x = await import("../transport/werift/werift.ts");', /one platform/],
  [
    "server/rooms/room.ts",
    'import { x } from "../../transport/uplink/websocket.ts";',
    /composition roots/,
  ],
  ["ui/web/app.tsx", 'import { x } from "../../transport/mod.ts";', /composition roots/],
  ["storage/sqlite.ts", 'import { x } from "../transport/path.ts";', /leaves alone/],
  ["storage/search.ts", 'import { x } from "node:sqlite";', /one home/],
  ["server/rooms/room.ts", 'import type { X } from "../../storage/sqlite.ts";', /by its interface/],
  ["server/rooms/room.ts", 'import { x } from "../../ui/web/theme.ts";', /knows no UI/],
  ["ui/web/app.tsx", 'import { x } from "../../server/rooms/room.ts";', /as any client does/],
  ["ui/terminal/main.ts", 'export { x } from "../../storage/sqlite.ts";', /as any client does/],
  ["ui/web/app.tsx", "export const x = Deno.args;", /runs in a browser/],
  ["ui/web/state/route.ts", "export const x = location.search;", /given its browser/],
  ["ui/words/paths.ts", 'import { x } from "../web/state/speech.ts";', /know no UI/],
  ["ui/links/invite_links.ts", 'import { x } from "../terminal/doctor.ts";', /know no UI/],
  ["ui/log/timeline.ts", 'import { x } from "node:tty";', /know no UI/],
  ["ui/words/title.ts", "document.title = 'x';", /know no UI/],
  ["ui/log/unread.ts", 'import { signal } from "@preact/signals";', /has its home/],
  ["ui/words/times.ts", 'import { h } from "preact";', /has its home/],
  ["ui/terminal/doctor.ts", 'import { x } from "../web/state/speech.ts";', /of each other/],
  ["ui/web/app.tsx", 'import { x } from "../terminal/doctor.ts";', /of each other/],
  [
    "server/rooms/room.ts",
    'import { x } from "../../tests/fakes/clock.ts";',
    /without its scripts/,
  ],
  ["server/rooms/room.ts", 'import { x } from "../../main.ts";', /wires the parts/],
  ["server/rooms/room.ts", 'import { x } from "npm:hono@4";', /pinned in one place/],
  ["main.ts", 'import { Hono } from "hono";', /has its home/],
  ["server/rooms/room.ts", 'import { x } from "left-pad";', /has its home/],
  ["server/rooms/room.ts", 'import * as z from "zod";', /has its home/],
  ["transport/mesh/mesh.ts", 'import { x } from "werift";', /has its home/],
  ["transport/mesh/mesh.ts", 'import type { X } from "../uplink/uplink.ts";', /one direction/],
  ["transport/uplink/uplink.ts", 'import { x } from "../messages/outbox.ts";', /one direction/],
  ["server/rooms/room.ts", 'import { x } from "../members/intake.ts";', /one direction/],
  ["server/rooms/room.ts", 'import type { X } from "../http/route.ts";', /one direction/],
  ["server/rooms/room.ts", 'import { x } from "../connections/listen.ts";', /one direction/],
  ["server/connections/listen.ts", 'import { x } from "../http/respond.ts";', /one direction/],
  ["server/limits/x.ts", 'import type { X } from "../rooms/room.ts";', /one direction/],
  ["server/ice/x.ts", 'import { x } from "../connections/forwarded.ts";', /one direction/],
  ["server/settings/x.ts", 'import { x } from "../limits/deadline.ts";', /one direction/],
  ["server/new/x.ts", 'import { x } from "../limits/deadline.ts";', /one direction/],
  ["server/http/app.ts", 'import type { X } from "../node.ts";', /wires the parts of a node/],
  ["server/metrics.ts", 'import type { X } from "./rooms/room.ts";', /they know none/],
];

for (const [path, source, reason] of FORBIDDEN) {
  Deno.test(`${path} may not say ${source}`, () => {
    const found = importViolations([{ path, source }]);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", reason);
    assert.ok(found[0]?.startsWith(path));
  });
}

const ALLOWED: readonly [path: string, source: string][] = [
  [
    "main.ts",
    'import { x } from "./storage/sqlite.ts"; import y from "./transport/werift/werift.ts";',
  ],
  ["main.ts", 'import config from "./deno.json" with { type: "json" };'],
  ["server/http/app.ts", 'import { getCookie } from "hono/cookie"; Deno.hostname();'],
  ["server/rooms/room.ts", 'import type { Store } from "../../storage/message_store.ts";'],
  [
    "storage/sqlite.ts",
    'import { UserError } from "../transport/errors.ts"; import "node:sqlite";',
  ],
  ["transport/mesh/mesh.ts", "const window = [1]; export const x = window.length;"],
  ["transport/mesh/mesh.ts", '// import "node:net"\nexport const text = "Deno.args";'],
  ["transport/mod.ts", 'export * from "./uplink/websocket.ts";'],
  ["transport/session/session.ts", 'import { x } from "../mesh/mesh.ts";'],
  ["server/http/routes/x.ts", 'import { x } from "../../members/intake.ts"; import "../route.ts";'],
  ["server/members/x.ts", 'import { x } from "../rooms/room.ts"; import "../log.ts";'],
  ["server/node.ts", 'import { x } from "./http/app.ts"; import "./rooms/rooms.ts";'],
  ["server/members/x.ts", 'import type { X } from "../../transport/werift/endpoint_messages.ts";'],
  ["transport/werift/werift.ts", 'import { RTCPeerConnection } from "werift";'],
  ["ui/web/app.tsx", 'import type { X } from "../../transport/mod.ts"; export const y = <p />;'],
  ["ui/web/app.tsx", 'import { pageTitle } from "../words/title.ts";'],
  ["ui/terminal/doctor.ts", 'import { times } from "../words/times.ts"; Deno.args;'],
  ["ui/log/timeline.ts", 'import { dayKey } from "../words/times.ts";'],
  ["ui/links/text_links.ts", 'import { LinkifyIt } from "linkify-it";'],
  ["ui/web/main.tsx", 'import { Session } from "../../transport/mod.ts";'],
  ["tests/server/room_test.ts", 'import { x } from "../../storage/sqlite.ts"; import "ws";'],
];

for (const [path, source] of ALLOWED) {
  Deno.test(`${path} may say ${source.replaceAll("\n", " ")}`, () => {
    assert.deepEqual(importViolations([{ path, source }]), []);
  });
}
