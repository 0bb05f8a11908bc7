import assert from "node:assert/strict";
import { inviteLink, parseJoinText, parseRoute, roomPath } from "../../ui/web/state/links.ts";

const OWN = ["http://localhost:8080", "http://192.168.1.5:8080"];

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

Deno.test("a room's name is taken as it is, but for blanks and its normal form", () => {
  assert.deepEqual(parseJoinText("  Café  ", OWN), {
    kind: "room",
    room: "Café",
    peerId: null,
  });
  assert.equal(parseJoinText("what?room", OWN).kind, "room");
  assert.equal(parseJoinText("   ", OWN).kind, "invalid");
});

Deno.test("a pasted link of this node joins its room, under whichever of its addresses", () => {
  for (const base of OWN) {
    assert.deepEqual(parseJoinText(`${base}/?room=den`, OWN), {
      kind: "room",
      room: "den",
      peerId: null,
    });
  }
  assert.equal(parseJoinText("localhost:8080/?room=den", OWN).kind, "room");
});

Deno.test("a pasted link of another node is opened there, whole", () => {
  assert.deepEqual(parseJoinText("https://other.example/?room=den#k=abc", OWN), {
    kind: "elsewhere",
    url: "https://other.example/?room=den#k=abc",
    host: "other.example",
  });
});

Deno.test("a link without a room is refused, and no scheme but http is a link", () => {
  assert.deepEqual(parseJoinText("https://example.org/page", OWN), {
    kind: "invalid",
    problem: "That link has no room in it.",
  });
  assert.equal(parseJoinText("javascript:alert(1)//?room=x", OWN).kind, "room");
});
