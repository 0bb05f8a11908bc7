/** The defects of werift's ICE that `transport/werift/werift.ts` mends, and what `checks.ts` limits. */
import assert from "node:assert/strict";
import { Connection, RTCPeerConnection, UdpTransport } from "werift";
import { until } from "../../fakes/until.ts";
import { defectTest, plainWerift } from "./plain_werift.ts";
import { negotiate, withEnds } from "./sctp_pair.ts";
import { TurnStub } from "./turn_stub.ts";

/** Private members of werift's ICE connection. */
interface IceInternals {
  lookup: { lookup(host: string): Promise<string>; close(): void };
  readonly checkList: unknown[];
  checkListState: { put(result: Promise<number>): void };
  checkComplete(pair: unknown): void;
}

/** States of werift's `CandidatePair`. */
const SUCCEEDED = 3;
const FAILED = 4;
/** werift's result of checks that came to nothing. */
const ICE_FAILED = 2;

type IceConnection = RTCPeerConnection["iceTransports"][number]["connection"];

function iceOf(connection: RTCPeerConnection): IceConnection {
  return connection.iceTransports[0]!.connection;
}

/** Runs `run` with a connection that has a DataChannel, and closes it. */
async function withOne(
  configuration: Parameters<typeof plainWerift>[0],
  run: (connection: RTCPeerConnection) => Promise<void>,
): Promise<void> {
  const connection = plainWerift(configuration);
  connection.createDataChannel("test", { negotiated: true, id: 0 });
  try {
    await run(connection);
  } finally {
    await connection.close();
  }
}

/** The offer of a connection, with other lines in place of its candidates. */
async function offerWith(lines: readonly string[]): Promise<{ type: "offer"; sdp: string }> {
  const connection = plainWerift();
  connection.createDataChannel("test", { negotiated: true, id: 0 });
  const { sdp } = await connection.createOffer();
  await connection.close();
  const rest = sdp.split(/\r?\n/).filter((line) => line && !/^a=(candidate|end-of)/.test(line));
  return { type: "offer", sdp: [...rest, ...lines, ""].join("\r\n") };
}

/** A pair as `checkComplete` takes it. */
function pairOf(type: "host" | "relay", priority: number, state = SUCCEEDED) {
  return {
    ...{ state, priority, component: 1, nominated: state === SUCCEEDED },
    localCandidate: { foundation: type, transport: "udp", type },
    remoteCandidate: { type: "host", generation: undefined },
    protocol: { type: type === "relay" ? "turn" : "stun" },
    updateState() {},
    toJSON: () => type,
  };
}

/** A connection that checks the given pairs. */
function checking(...pairs: unknown[]): { connection: Connection; inner: IceInternals } {
  const connection = new Connection(true, {});
  const inner = connection as unknown as IceInternals;
  inner.checkList.push(...pairs);
  return { connection, inner };
}

defectTest({
  defect: "asks Google's STUN server where it is given none",
  mend: "#hasStun (werift.ts)",
}, async () => {
  const connection = new RTCPeerConnection({ iceServers: [] });
  connection.createDataChannel("test");
  assert.deepEqual(iceOf(connection).stunServer, ["stun.l.google.com", 19302]);
  await connection.close();
});

defectTest({
  defect: "holds addIceCandidate up while it looks for the name of a candidate",
  mend: "addIceCandidate (werift.ts)",
}, async () => {
  await withOne({}, async (connection) => {
    await connection.setRemoteDescription(await offerWith([]));
    const found = Promise.withResolvers<string>();
    const inner = iceOf(connection) as unknown as IceInternals;
    inner.lookup = { lookup: () => found.promise, close() {} };
    let isAdded = false;
    const adding = connection.addIceCandidate({
      candidate: "candidate:1 1 udp 2113937151 6ba7b810.local 50000 typ host",
      sdpMid: "0",
    }).then(() => isAdded = true);
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(isAdded, false);
    found.resolve("127.0.0.1");
    await adding;
  });
});

defectTest({
  defect: "gives up for `a=end-of-candidates`, while checks from the other end may still come",
  mend: "setRemoteDescription (werift.ts)",
}, async () => {
  await withOne({}, async (connection) => {
    await connection.setRemoteDescription(await offerWith(["a=end-of-candidates"]));
    await connection.setLocalDescription(await connection.createAnswer());
    await until(() => connection.connectionState === "failed");
  });
});

defectTest({
  defect: "keeps a description back until its slowest server has answered",
  mend: "#gather (werift.ts)",
}, async () => {
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  await withOne({ iceServers: [{ urls: `stun:127.0.0.1:${port}` }] }, async (connection) => {
    let hasCandidate = false;
    let isSet = false;
    connection.onicecandidate = () => hasCandidate = true;
    const setting = connection.setLocalDescription(await connection.createOffer());
    setting.then(() => isSet = true, () => {});
    await silent.receive();
    await until(() => hasCandidate);
    assert.equal(isSet, false);
  });
  silent.close();
});

defectTest({
  defect: "tells its own addresses under the relay policy, where it has no TURN server",
  mend: "#isRelayOnly (werift.ts)",
}, async () => {
  await withOne({ iceTransportPolicy: "relay" }, async (connection) => {
    await connection.setLocalDescription(await connection.createOffer());
    assert.match(connection.localDescription?.sdp ?? "", /a=candidate:.* typ host/);
  });
});

defectTest({
  defect:
    "asks the first of several TURN servers alone, and tells its own address beside the relay",
  mend: "gatherRelay (werift.ts)",
}, async () => {
  const servers = [new TurnStub(), new TurnStub()] as const;
  const login = { username: "goat", credential: "hill" };
  const iceServers = servers.map(({ url }) => ({ urls: url, ...login }));
  await withOne({ iceServers, iceTransportPolicy: "relay" }, async (connection) => {
    await connection.setLocalDescription(await connection.createOffer());
    assert.match(connection.localDescription?.sdp ?? "", / typ relay raddr 127\.0\.0\.1 rport/);
  });
  assert.deepEqual(servers.map(({ asked }) => asked), [1, 0]);
  for (const server of servers) server.close();
});

defectTest({
  defect: "asks a TURN server over IPv4 alone, where its URL has a host name",
  mend: "connectTurn (werift.ts)",
}, async () => {
  const families: string[] = [];
  const { init } = UdpTransport;
  UdpTransport.init = (family, options) => {
    families.push(family);
    return init(family, options);
  };
  const login = { username: "goat", credential: "hill" };
  const iceServers = [{ urls: "turn:localhost:1", ...login }];
  try {
    await withOne({ iceServers, iceTransportPolicy: "relay" }, async (connection) => {
      connection.setLocalDescription(await connection.createOffer()).catch(() => {});
      await until(() => families.length > 0);
    });
  } finally {
    UdpTransport.init = init;
  }
  assert.deepEqual(families, ["udp4"]);
});

defectTest({
  defect: "stays on the pair that was nominated first, though a better one is",
  mend: "select (werift.ts)",
}, () => {
  const [worse, better] = [pairOf("host", 1), pairOf("host", 2)];
  const { connection, inner } = checking(worse, better);
  inner.checkComplete(worse);
  inner.checkComplete(better);
  assert.equal(connection.nominated, worse);
  return Promise.resolve();
});

defectTest({
  defect: "takes a relayed pair at once, while a direct one is being checked",
  mend: "DIRECT_HEAD_START_MS (werift.ts)",
}, () => {
  const [direct, relayed] = [pairOf("host", 2, 2), pairOf("relay", 1)];
  const { connection, inner } = checking(direct, relayed);
  inner.checkComplete(relayed);
  assert.equal(connection.nominated, relayed);
  return Promise.resolve();
});

defectTest({
  defect: "gives up when its last pair has failed once",
  mend: "retryLater (werift.ts)",
}, async () => {
  const pair = pairOf("host", 1, FAILED);
  const { inner } = checking(pair);
  const results: Promise<number>[] = [];
  inner.checkListState = { put: (result) => results.push(result) };
  inner.checkComplete(pair);
  assert.deepEqual(await Promise.all(results), [ICE_FAILED]);
});

defectTest({
  defect: "checks no pair after an ICE restart, and looks connected",
  mend: "ABILITIES (werift.ts)",
}, async () => {
  await withEnds(plainWerift, async (near, far) => {
    const states: string[] = [];
    for (const { connection } of [near, far]) {
      connection.onicecandidate = null;
      connection.iceConnectionStateChange.subscribe((state) => states.push(state));
    }
    await negotiate(near.connection, far.connection, { iceRestart: true });
    assert.equal(near.connection.connectionState, "connected");
    assert.equal(near.channel.readyState, "open");
    assert.equal(iceOf(near.connection).nominated, undefined);
    assert.ok(!states.includes("checking"), `${states}`);
  });
});

defectTest({
  defect: "sends checks to every address that an offer names",
  mend: "limitChecks (checks.ts)",
}, async () => {
  const targets = Array.from({ length: 32 }, () => {
    return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  });
  const candidates = targets.map(({ addr }, index) =>
    `a=candidate:${index} 1 udp ${2113937151 - index} 127.0.0.1 ${
      (addr as Deno.NetAddr).port
    } typ host`
  );
  const offer = await offerWith(candidates);
  let bytes = 0;
  for (const target of targets) {
    (async () => {
      for await (const [packet] of target) bytes += packet.length;
    })().catch(() => {});
  }
  await withOne({}, async (connection) => {
    await connection.setRemoteDescription(offer);
    await connection.setLocalDescription(await connection.createAnswer());
    await until(() => bytes > 3 * offer.sdp.length, "more than three bytes for one");
  });
  for (const target of targets) target.close();
});
