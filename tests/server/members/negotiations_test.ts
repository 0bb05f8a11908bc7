/** The parts of a member's signals that reach the thread of the node's WebRTC endpoint. */
import assert from "node:assert/strict";
import { FakeWorker } from "../../fakes/endpoint_worker.ts";
import { RoomWorld, type Seat, TOKEN } from "../rooms/room_world.ts";

const LINES = ["v=0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:0"];
const candidate = (address: string, port = 50_000) =>
  `candidate:1 1 udp 2113937151 ${address} ${port} typ host`;
const offerOf = (candidates: readonly string[], end = "\r\n") => ({
  type: "offer",
  sdp: [...LINES, ...candidates.map((line) => `a=${line}`), ""].join(end),
});

async function start() {
  const worker = new FakeWorker();
  const options = { webrtcWorker: () => worker as unknown as Worker };
  const world = await RoomWorld.create({}, options);
  /** Acts as a thread that has taken its batch, and returns the requests to it since the last call. */
  const told = () => {
    worker.tell({ op: "taken" });
    return worker.batches.splice(0).flat();
  };
  return { world, told };
}

function signal(seat: Seat, signal: unknown, link = "0123456789abcdef"): void {
  seat.send({ type: "node_signal", payload: { link, signal } });
}

const ours = { protocol: "1", token: TOKEN };

Deno.test("a negotiation has sixteen candidates, however they come", async () => {
  const { world, told } = await start();
  const ann = world.join("ann");
  const many = Array.from(
    { length: 40 },
    (_, number) => candidate("198.51.100.7", 50_000 + number),
  );
  signal(ann, offerOf(many.slice(0, 10)));
  for (const each of many.slice(10)) signal(ann, { type: "ice", candidate: each, sdpMid: "0" });
  const requests: unknown[] = [];
  for (let got = told(); got.length > 0; got = told()) requests.push(...got);
  assert.equal(JSON.stringify(requests).split("candidate:").length - 1, 16);
});

Deno.test("candidates are checked where the member comes from, and never a name", async () => {
  const { world, told } = await start();
  const all = [
    "127.0.0.1",
    "192.168.1.5",
    "198.51.100.7",
    "224.0.0.1",
    "secret.local",
    "a.example",
  ];
  const reach: Record<string, string[]> = {
    "203.0.113.5": ["198.51.100.7"],
    "10.0.0.7": ["192.168.1.5", "198.51.100.7"],
    "127.0.0.1": ["127.0.0.1", "198.51.100.7"],
  };
  for (const [address, expected] of Object.entries(reach)) {
    for (const end of ["\r\n", "\n", "\r"]) {
      const seat = world.join(`of ${address} ${JSON.stringify(end)}`, ours, { address });
      signal(seat, offerOf(all.map((each) => candidate(each)), end));
      const [request] = told();
      assert.ok(request?.op === "signal" && request.signal.type === "offer");
      const expectedSdp = offerOf(expected.map((each) => candidate(each))).sdp;
      assert.equal(request.signal.sdp, expectedSdp);
    }
  }
});

Deno.test("an offer of several sections is no DataChannel's", async () => {
  const { world, told } = await start();
  const ann = world.join("ann");
  const sections = Array.from({ length: 50 }, () => LINES[1]);
  signal(ann, { type: "offer", sdp: [...LINES, ...sections, ""].join("\r\n") });
  assert.deepEqual(told(), []);
});

Deno.test("the thread is told whose signals they are, and how long they were", async () => {
  const { world, told } = await start();
  const ann = world.join("ann", ours, { address: "2001:db8:0:1::7" });
  const offer = offerOf([candidate("127.0.0.1")]);
  signal(ann, offer);
  const [request] = told();
  assert.ok(request?.op === "signal");
  assert.equal(request.from, "2001:db8:0:1");
  assert.equal(request.receivedBytes, offer.sdp.length);
});

Deno.test("one address has an eighth of the connections once half of them are taken", async () => {
  const { world, told } = await start();
  let count = 0;
  const open = (room: string, address: string) => {
    count++;
    const seat = world.join(`p${count}`, { ...ours, room }, { address });
    signal(seat, offerOf([]));
    return told().length > 0;
  };
  // A school at one address opens 500, in rooms of 100.
  for (let each = 0; each < 500; each++) assert.ok(open(`class ${each % 5}`, "192.0.2.1"));
  assert.ok(!open("class 6", "192.0.2.1"));
  let taken = 0;
  for (let each = 0; each < 130; each++) if (open(`flat ${each % 2}`, "192.0.2.2")) taken++;
  assert.equal(taken, 125);
  assert.ok(open("home", "192.0.2.3"));
});
