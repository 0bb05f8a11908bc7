/** Scripted rooms: the name of a room selects its script. */
import type { PeerId } from "../../../transport/protocol/mod.ts";
import type { FakeSession } from "../../fakes/session.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** When the first message of the room "missed" was said, in Unix seconds; one follows every 20 s. */
export const MISSED_SINCE = 1_700_000_000;

const SCENES: Readonly<Record<string, (session: FakeSession) => void>> = {
  "quiet-summit-7k2m-9xqd": chat,
  "offline": (session) => {
    chat(session);
    session.setUplink({
      state: "offline",
      tier: null,
      rttMs: null,
      // Longer than a page takes to open on a busy machine.
      retryAtMs: Date.now() + 50_000,
      error: { code: "internal", message: "The node does not answer" },
    });
    session.setPath("Ben Okonkwo", { tier: null });
  },
  "empty": (session) => session.online(),
  "crowd": crowd,
  "markup": markup,
  "long": long,
  "missed": missed,
  "flood": (session) => {
    session.pageSize = 10;
    missed(session, 3000);
  },
};

/** Plays the scene of the room's name; nothing for any other name. */
export function playScene(session: FakeSession, room: string): void {
  SCENES[room]?.(session);
}

function chat(session: FakeSession): void {
  const now = Date.now();
  session.online();
  session.addPeer("Ann", { tier: "webrtc-stun", rttMs: 8, sinceMs: now - 12 * MINUTE_MS });
  session.addPeer("Ben Okonkwo", {
    tier: "websocket",
    rttMs: 24,
    reason: "no-direct-route",
    sinceMs: now - 9 * MINUTE_MS,
  });
  session.addPeer("Cleo", { tier: "webrtc-turn", rttMs: 41, reason: "no-direct-route" });
  const ann = by("ann", "Ann");
  const ben = by("ben okonkwo", "Ben Okonkwo");
  const at = (agoMs: number) => ({
    timestamp: (now - agoMs) / 1000,
    sentAtMs: now - agoMs,
  });
  session.load([
    { ...ann, ...at(26 * HOUR_MS), text: "Is the hut open this weekend?" },
    { ...ben, ...at(26 * HOUR_MS - 30_000), text: "From Friday noon. I have the key." },
    {
      ...ann,
      ...at(14 * MINUTE_MS),
      text: "Morning! The trail map is here: https://example.org/maps/ridge?day=2",
    },
    { ...ann, ...at(14 * MINUTE_MS - 5_000), text: "Snow above 2000 m, they say." },
    {
      own: true,
      ...at(12 * MINUTE_MS),
      text: "Then I bring the crampons. Somebody has a spare pair for Cleo?",
    },
    {
      ...ben,
      ...at(9 * MINUTE_MS),
      text: "I do. Meeting at the lower car park at seven?\nThe upper one is closed.",
    },
  ]);
  const crampons = session.messages[4];
  session.change(crampons!.id, { delivered: 3, audience: 3 });
  const tour = session.say({ own: true, ...at(3 * MINUTE_MS), text: "Seven is fine 👍" });
  session.change(tour.id, { delivered: 2, audience: 3 });
  session.say({ own: true, ...at(3 * MINUTE_MS - 9000), text: "🐐" });
  session.say({
    own: true,
    ...at(MINUTE_MS),
    text: "and I made a list of what to pack",
    state: "failed",
    error: { code: "rate-limited", message: "Too many messages in a short time" },
  });
  session.send("Who drives?");
  session.setTyping("Ann", true);
}

function crowd(session: FakeSession): void {
  session.online("http-polling", 30);
  const names = "Ann Ben Cleo Dov Eve Finn Gita Hugo Ines Jon Kim Lea Max Noa".split(" ");
  for (const [index, name] of names.entries()) {
    const isDirect = index % 3 !== 0;
    session.addPeer(name, {
      tier: isDirect ? "webrtc-stun" : "http-polling",
      rttMs: 5 + index,
      reason: isDirect ? null : "connecting",
    });
  }
  for (const name of names) session.say({ ...by(name.toLowerCase(), name), text: `I am ${name}.` });
}

function markup(session: FakeSession): void {
  session.online();
  const name = '<img src=x onerror="document.title=1">';
  session.addPeer(name, { tier: "websocket", rttMs: 5, reason: "connecting" });
  session.say({ ...by("x", name), text: "<script>document.body.remove()</script>" });
  session.say({
    ...by("x", name),
    text: "javascript:alert(1) data:text/html,<b>x</b> <b>bold?</b>",
  });
  session.say({ ...by("x", name), text: "\u202Eright to left override\u202C, zalgo Z̷͖̈a̴̡͝l̵̰̄g̷̱̓o̶̗͛, ﷽" });
  session.say({
    ...by("x", "مريم"),
    text: "مرحبا بالجميع، هذا رابط https://example.org/مرحبا وشكرا",
  });
  session.say({ ...by("x", name), text: "a".repeat(600) });
  session.say({ own: true, text: "  keeps   its\n\n    white space\tand tabs" });
}

function long(session: FakeSession): void {
  session.online();
  session.addPeer("Ann", { tier: "webrtc-stun", rttMs: 2 });
  const startMs = Date.now() - 5000 * 20_000;
  const make = (_: unknown, index: number) => ({
    ...by(index % 3 === 0 ? "ann" : "ben", index % 3 === 0 ? "Ann" : "Ben"),
    own: index % 3 === 1,
    timestamp: (startMs + index * 20_000) / 1000,
    text: `Message ${index} ${"and some words ".repeat(index % 9)}`,
  });
  const all = Array.from({ length: 5000 }, make);
  session.older = all.slice(0, 300).map((message) => session.make(message));
  session.load(all.slice(300));
}

/**
 * A room that others filled on a fixed day long ago, so that a reload finds the same messages. The
 * newest 200 are loaded; the rest is older.
 */
function missed(session: FakeSession, count = 600): void {
  session.online();
  session.addPeer("Ann", { tier: "webrtc-stun", rttMs: 2 });
  const all = Array.from({ length: count }, (_, index) => ({
    ...by(index % 3 === 0 ? "ann" : "ben", index % 3 === 0 ? "Ann" : "Ben"),
    timestamp: MISSED_SINCE + index * 20,
    text: `Message ${index} ${"and some words ".repeat(index % 9)}`,
  }));
  session.older = all.slice(0, -200).map((message) => session.make(message));
  session.load(all.slice(-200));
}

function by(peerId: string, name: string): { peerId: PeerId; name: string } {
  return { peerId: peerId as PeerId, name };
}
