import assert from "node:assert/strict";
import { inviteLink } from "../../../../ui/links/invite_links.ts";
import { parseRoute, roomPath } from "../../../../ui/web/state/route.ts";

Deno.test("a link carries any room name and gives it back", () => {
  for (const room of ["quiet-summit", "a b&c=d#e?f", "berghütte", "<b>", "🐐", "%41", "a/b\\c"]) {
    const link = new URL(inviteLink("https://chat.example.org/", room));
    const route = parseRoute(link.search);
    assert.equal(link.origin + link.pathname, "https://chat.example.org/");
    assert.deepEqual(route, { page: "room", room, peerId: null });
    assert.deepEqual(parseRoute(roomPath(room).slice(1)), route);
  }
});

Deno.test("an older link joins with its peer id", () => {
  assert.deepEqual(parseRoute("?room=den&peer_id=ann"), {
    page: "room",
    room: "den",
    peerId: "ann",
  });
});

Deno.test("an address without a room is the start page", () => {
  assert.deepEqual(parseRoute(""), { page: "start", problem: null });
  assert.deepEqual(parseRoute("?utm=1"), { page: "start", problem: null });
});

Deno.test("an address with a bad room is the start page, which says what is wrong", () => {
  for (const search of ["?room=", "?room=%20", `?room=${"x".repeat(65)}`, "?room=a%00b"]) {
    const route = parseRoute(search);
    assert.equal(route.page, "start");
    assert.match(route.page === "start" ? route.problem! : "", /must be 1 to 64 characters/);
  }
  const route = parseRoute("?room=den&peer_id=%07");
  assert.match(route.page === "start" ? route.problem! : "", /peer_id must be 1 to 64/);
});
