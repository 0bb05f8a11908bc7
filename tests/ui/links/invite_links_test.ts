import assert from "node:assert/strict";
import { parseJoinText } from "../../../ui/links/invite_links.ts";

const OWN = ["http://localhost:8080", "http://192.168.1.5:8080"];

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
