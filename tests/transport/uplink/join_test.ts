/** The URL that every uplink tier joins with. */
import assert from "node:assert/strict";
import { type JoinTarget, signalUrl } from "../../../transport/uplink/join.ts";
import {
  joinQuery,
  type PeerId,
  PROTOCOL_VERSION,
  type RoomName,
} from "../../../transport/protocol/mod.ts";

function target(change: Partial<JoinTarget> = {}): JoinTarget {
  return {
    nodeUrl: "http://192.168.1.5:8080",
    room: "kitchen" as RoomName,
    peerId: "4f1d0c2b9a8e7f60" as PeerId,
    name: "Ada",
    token: "0123456789abcdef0123456789abcdef",
    instance: "a1b2c3d4",
    ...change,
  };
}

Deno.test("signalUrl is the node's /signal with the whole of who joins", () => {
  const url = signalUrl(target());
  assert.equal(url.origin + url.pathname, "http://192.168.1.5:8080/signal");
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    room: "kitchen",
    peer_id: "4f1d0c2b9a8e7f60",
    name: "Ada",
    token: "0123456789abcdef0123456789abcdef",
    instance: "a1b2c3d4",
    protocol: String(PROTOCOL_VERSION),
  });
});

Deno.test("what signalUrl makes is what joinQuery takes", () => {
  const query = Object.fromEntries(signalUrl(target()).searchParams);
  assert.deepEqual(joinQuery.parse(query), query);
});

Deno.test("names with markup, blanks, separators and emoji survive the URL", () => {
  const room = "a&b=c #1/<b>?+ 🐐" as RoomName;
  const name = "Ünïcode & Söhne %41";
  const url = new URL(signalUrl(target({ room, name })).href);
  assert.equal(url.searchParams.get("room"), room);
  assert.equal(url.searchParams.get("name"), name);
});

Deno.test("extra parameters stand beside the joiner's", () => {
  const { searchParams } = signalUrl(target(), { wait: "25", after: "7" });
  assert.deepEqual([searchParams.get("wait"), searchParams.get("after")], ["25", "7"]);
  assert.equal(searchParams.get("room"), "kitchen");
});

Deno.test("a path behind the node's address is left out: a node answers at the root", () => {
  const url = signalUrl(target({ nodeUrl: "https://chat.example/some/page?room=x#k=y" }));
  assert.equal(url.origin + url.pathname, "https://chat.example/signal");
  assert.equal(url.hash, "");
});
