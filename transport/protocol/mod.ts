/**
 * The wire, as zod schemas, inferred types and limits: PROTOCOL.md in code. Both sides parse incoming frames
 * with these schemas at the edge; inside, the types are trusted.
 *
 * Long because it is the whole wire, in one place to look.
 *
 * A leaf: every module may import it. It uses `zod/mini` because the page bundles it (39 kB gzipped with all
 * of the UI; plain zod alone would be 440 kB minified).
 */
import * as z from "zod/mini";
import { ERROR_CODES, ProtocolError } from "../errors.ts";
import { plainName, shownName } from "./names.ts";

/** The version of the frames on `/signal` that clients name in `protocol=` when they join. */
export const PROTOCOL_VERSION = 1;

/** Every limit of the wire, enforced on both sides. `welcome` tells clients the main ones. */
export const LIMITS = {
  /** Room, peer id and name, in Unicode code points: fits a header on a phone. */
  nameChars: 64,
  /** A message's text in UTF-8 bytes: pasted logs fit, a database row stays small. */
  textBytes: 64 * 1024,
  /** One frame in UTF-16 code units of its JSON: every browser's DataChannel takes it whole. */
  frameChars: 256 * 1024,
  /** A text inside JSON, in UTF-16 code units: even with escapes, its frame stays below 256 KiB of UTF-8. */
  textJsonChars: 192 * 1024,
  /** Peers in one room: presence is sent to everyone, so joins cost the square of this. */
  peersPerRoom: 256,
  /** A message id: a UUID is 36, older clients make up others. */
  messageIdChars: 64,
  /** Rows in one answer of `GET /history`. */
  historyRows: 10_000,
  /** Rows in one `history` frame: one screen and a few more. */
  historyFrameRows: 200,
  /** An SDP: 4 KB for a DataChannel with all its candidates, 20 KB for a call with video. */
  sdpChars: 32 * 1024,
  /** A whole `offer` or `answer` as its recipients get it: its `sdp` with line ends escaped, and the rest. */
  descriptionFrameChars: 40 * 1024,
  /** A candidate is a line of about 100 characters. */
  candidateChars: 1024,
  /** A whole `ice` frame as its recipients get it: a candidate and the ids of its connection. */
  iceFrameChars: 4 * 1024,
  /** Paths in one `path_report`: twice `MESH_LIMIT`, the usual number of a peer's direct connections. */
  reportedPaths: 32,
  /** Longest hold of a long poll, in seconds: below the 30 s after which proxies close it. */
  pollWaitSeconds: 25,
} as const;

/** Close codes of our own on WebSockets (4000 to 4999 are free for applications: RFC 6455 7.4.2). */
export const CLOSE_CODES = {
  /** The other side broke the contract; the reason says how. */
  protocolError: 4400,
  /** Another peer holds the peer id. */
  peerIdTaken: 4403,
  /** Silent for longer than `peer_timeout`. */
  timedOut: 4408,
  /** The same peer came back on another connection, which took this one's place. */
  replaced: 4409,
  /** The room is full. */
  roomFull: 4413,
  /** Too many connections from this address. */
  rateLimited: 4429,
  /** A client dropped this connection for another one of its own; it stays in the room. */
  abandoned: 4499,
  /** The node is shutting down; come back. */
  shuttingDown: 4503,
} as const;

// Names

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Something to see: not only blanks, marks and invisible formatting. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** Whether `text` can name a room or a peer: 1 to 64 characters, no controls, something to see. */
export function isName(text: string): boolean {
  if (text.length === 0 || text.length > 2 * LIMITS.nameChars) return false;
  if (text.length > LIMITS.nameChars && codePoints(text) > LIMITS.nameChars) return false;
  return !CONTROL.test(text) && text.isWellFormed() && VISIBLE.test(text);
}

const nameError =
  `must be 1 to ${LIMITS.nameChars} characters, with no control characters and something to see`;

const name = z.string(nameError).check(z.refine(isName, nameError));
/** A room's name. */
export const roomName = name.brand<"RoomName">();
/** A peer's id within a room. Older clients show it as the peer's name. */
export const peerId = name.brand<"PeerId">();
/** Limit of a raw name before `plainName`, in UTF-16 code units: its invisible part is small. */
const MAX_RAW_NAME = 4 * LIMITS.nameChars;
/** A peer's name for itself, in its shown form. Several peers may use the same name. */
export const displayName = z.pipe(
  z.string(nameError).check(z.maxLength(MAX_RAW_NAME, nameError)),
  z.pipe(z.transform(plainName), name),
);
/** A name from a node: older nodes, and rows stored by them, may hold names in another form. */
const toldName = z.pipe(name, z.transform(shownName));

export type RoomName = z.infer<typeof roomName>;
export type PeerId = z.infer<typeof peerId>;

const messageIdPattern = new RegExp(`^[A-Za-z0-9_-]{1,${LIMITS.messageIdChars}}$`);
/** A message's id, made by its sender: a UUIDv7 (RFC 9562) from ours. */
export const messageId = z.string().check(
  z.regex(messageIdPattern, "must be 1 to 64 of A-Z a-z 0-9 _ -"),
).brand<"MessageId">();
export type MessageId = z.infer<typeof messageId>;

// Text

const encoder = new TextEncoder();

/** Returns why `text` can't be a message, in words that follow "text"; null when it can. */
export function textProblem(text: string): string | null {
  if (text.length === 0) return "is empty";
  // UTF-16 to UTF-8 grows a unit to three bytes at most, JSON escapes a unit to six at most.
  if (text.length > LIMITS.textBytes || text.length * 3 > LIMITS.textBytes) {
    const bytes = text.length > LIMITS.textBytes ? text.length : encoder.encode(text).length;
    if (bytes > LIMITS.textBytes) {
      return `is larger than ${LIMITS.textBytes / 1024} KiB: send it as a file, or in parts`;
    }
  }
  if (
    text.length * 6 > LIMITS.textJsonChars && JSON.stringify(text).length > LIMITS.textJsonChars
  ) {
    return "holds too many control characters";
  }
  if (!text.isWellFormed()) return "is not well-formed Unicode (it has half a surrogate pair)";
  if (text.includes("\0")) return "holds a NUL character";
  return null;
}

/** A message's text: 1 byte to 64 KiB of UTF-8, well-formed, without NUL. */
export const messageText = z.string("must be a string").check(z.superRefine((text, ctx) => {
  const problem = textProblem(text);
  if (problem !== null) ctx.addIssue({ code: "custom", message: problem });
}));

// Time

/** Microseconds since 1970 as the wire's seconds with a fraction; exact until the year 2106. */
export function timestampFromUs(us: number): number {
  return us / 1e6;
}

/** The wire's seconds as microseconds; the inverse of {@linkcode timestampFromUs}. */
export function usFromTimestamp(seconds: number): number {
  return Math.round(seconds * 1e6);
}

/** Unix seconds with a fraction down to the microsecond. */
export const timestamp = z.number().check(z.gte(0), z.lt(9_007_199_254));

/** The sender's clock, Unix seconds. Shown until the node's `timestamp` arrives; never used for sorting. */
const sentAt = timestamp;

// Paths

/** The tiers of the ladder, best first. */
export const TIERS = ["webrtc-stun", "webrtc-turn", "websocket", "http-polling", "lan"] as const;
export const tier = z.enum(TIERS);
/** The kind of route a path takes. */
export type Tier = z.infer<typeof tier>;

/**
 * The tiers that a peer allows. `relay-safe` never shows the peer's address to other peers. `p2p-only` and
 * `webrtc-stun` send no messages through the node, which then stores none.
 */
export const STRATEGIES = [
  "auto",
  "p2p-only",
  "webrtc-stun",
  "relay-safe",
  "websocket-only",
  "http-only",
] as const;
export const strategy = z.enum(STRATEGIES);
export type Strategy = z.infer<typeof strategy>;

// Stored and shown data

/** A message as the node stores and shows it: a row of `/history`, the payload of `chat`. */
export const storedMessage = z.object({
  id: messageId,
  peer_id: peerId,
  name: toldName,
  text: messageText,
  sent_at: z.nullable(sentAt),
  timestamp,
});
export type StoredMessage = z.infer<typeof storedMessage>;

/** A peer as `welcome`, `peer_joined` and `peer_updated` describe it. */
export const peerInfo = z.object({
  peer_id: peerId,
  name: toldName,
  /** The tier of that peer's uplink; a tier that this version doesn't know counts as `websocket`. */
  tier: z.catch(tier, "websocket"),
  /** Changes with every page load of that peer; empty for older clients. */
  instance: z.string().check(z.maxLength(64)),
  joined_at: timestamp,
  /** Absent: `auto`. */
  strategy: z.optional(strategy),
  /** False where that peer can make no direct connection, whatever its strategy; else absent. */
  webrtc: z.optional(z.boolean()),
});
export type PeerInfo = z.infer<typeof peerInfo>;

export const iceServer = z.object({
  urls: z.union([z.string(), z.array(z.string())]),
  username: z.optional(z.string()),
  credential: z.optional(z.string()),
});
/** An `RTCIceServer` as the wire carries it. */
export type IceServer = z.infer<typeof iceServer>;

// Frames from a peer to its node, or to a peer over a DataChannel

/** Payload of `chat` as its sender makes it. */
export const chatPayload = z.object({
  id: messageId,
  text: messageText,
  name: z.optional(displayName),
  sent_at: z.optional(z.nullable(sentAt)),
});

/** Payload of `history`, a request: the page after `since`, or the last one before `before`. */
export const historyRequest = z.object({
  request: z.number(),
  since: z.optional(timestamp),
  before: z.optional(timestamp),
  limit: z.optional(
    z.number().check(z.int(), z.gte(1), z.lte(LIMITS.historyFrameRows)),
  ),
});

/**
 * Payload of `ping` and `pong`. `t` is the value of the asking side and comes back unchanged. A node adds
 * `latest`, the timestamp of the room's newest message, so that a member notices when it has missed that
 * message.
 */
export const pingPayload = z.object({ t: z.optional(z.number()), latest: z.optional(timestamp) });

const signalIds = { link: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/)) };
const iceCandidate = {
  candidate: z.optional(z.string().check(z.maxLength(LIMITS.candidateChars))),
  sdpMid: z.optional(z.nullable(z.string().check(z.maxLength(64)))),
  sdpMLineIndex: z.optional(z.nullable(z.number())),
  usernameFragment: z.optional(z.nullable(z.string().check(z.maxLength(256)))),
};
const sdp = z.string().check(z.maxLength(LIMITS.sdpChars));

/**
 * Payload of `node_signal`: signaling between a member and its node's own WebRTC endpoint. `link` names the
 * connection. The member makes the name up, and the node answers under the same name.
 */
export const nodeSignalPayload = z.object({
  ...signalIds,
  signal: z.discriminatedUnion("type", [
    z.object({ type: z.enum(["offer", "answer"]), sdp }),
    z.object({ type: z.literal("ice"), ...iceCandidate }),
  ]),
});
export type NodeSignal = z.infer<typeof nodeSignalPayload>;

/** A tier or a reason. A value that is newer than this version is shown as it is. */
const pathCode = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,39}$/));

/**
 * Payload of `path_report`: the paths of a session that its node can't know by itself, the full list each
 * time. `tier` is null where nothing gets through.
 */
export const pathReport = z.object({
  paths: z.array(z.object({
    peer_id: peerId,
    tier: z.nullable(pathCode),
    reason: z.nullable(pathCode),
  })).check(z.maxLength(LIMITS.reportedPaths)),
});
export type PathReport = z.infer<typeof pathReport>;

/** Frame types that a node passes to `target_peer_id`, or to everyone else in the room. */
export const PASSED_ON_TYPES = ["offer", "answer", "ice", "typing", "relay", "receipt"] as const;

const target = { target_peer_id: z.optional(peerId) };
/** Schema of a payload that is passed on unchanged, so that fields of later versions survive. */
function unread<T>(
  isWhatItHasToBe: (payload: { [key: string]: unknown }) => boolean,
  must: string,
) {
  return z.custom<T>(
    (payload) =>
      typeof payload === "object" && payload !== null &&
      isWhatItHasToBe(payload as { [key: string]: unknown }),
    must,
  );
}

// The node keeps signals for members that come later, so it checks their content. Older clients set no `type`
// in a description.
const passedDescription = unread<{ readonly sdp: string }>(
  (payload) => sdp.safeParse(payload["sdp"]).success,
  `must have an sdp of at most ${LIMITS.sdpChars} characters`,
);
const passedCandidate = unread<{ readonly candidate?: string | null | undefined }>(
  ({ candidate }) => candidate === null || iceCandidate.candidate.safeParse(candidate).success,
  `must have no candidate, or one of at most ${LIMITS.candidateChars} characters`,
);
const passedOn = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["offer", "answer"]), payload: passedDescription, ...target }),
  z.object({
    type: z.literal("ice"),
    payload: z.optional(z.nullable(passedCandidate)),
    ...target,
  }),
  z.object({
    type: z.enum(["typing", "relay", "receipt"]),
    payload: z.optional(z.unknown()),
    ...target,
  }),
]);

/** Every frame that a node takes from a member. */
export const memberFrame = z.discriminatedUnion("type", [
  ...passedOn.def.options,
  z.object({ type: z.literal("chat"), payload: chatPayload }),
  z.object({ type: z.literal("history"), payload: historyRequest }),
  z.object({ type: z.literal("ping"), payload: z.optional(pingPayload) }),
  z.object({ type: z.literal("pong"), payload: z.optional(pingPayload) }),
  z.object({ type: z.literal("leave"), payload: z.optional(z.unknown()) }),
  z.object({ type: z.literal("node_signal"), payload: nodeSignalPayload }),
  z.object({ type: z.literal("path_report"), payload: pathReport }),
]);
export type MemberFrame = z.infer<typeof memberFrame>;
export type PassedOnFrame = z.infer<typeof passedOn>;

// Frames to a peer, from its node or over a DataChannel

/** Payload of `welcome`: all a session needs to begin, or to begin again. */
export const welcomePayload = z.object({
  peer_id: peerId,
  room: roomName,
  /** A client that shows this token takes the peer id's place back. */
  token: z.string().check(z.minLength(1), z.maxLength(128)),
  protocol: z.number(),
  /** Everyone else in the room. */
  peers: z.array(peerInfo),
  ice_servers: z.array(iceServer),
  /** Timestamp of the room's newest message, 0 when there is none. */
  latest: timestamp,
  /** Milliseconds between `ping`s that a silent member should send. */
  heartbeat_ms: z.number().check(z.gt(0)),
  /** Milliseconds of silence after which a member is announced as gone. */
  peer_timeout_ms: z.number().check(z.gt(0)),
  limits: z.object({
    text_bytes: z.number(),
    frame_chars: z.number(),
    peers_per_room: z.number(),
  }),
  version: z.string(),
  /** Whether the node has a WebRTC endpoint of its own; absent: no. */
  webrtc: z.optional(z.boolean()),
  /** Port of the node's STUN server (RFC 8489), at the host where the node was reached; absent: none. */
  stun_port: z.optional(z.number()),
  /** The strategy that the node asks its peers to use when their users have not chosen one. */
  strategy: z.optional(strategy),
  /** Whether the node takes `path_report`; absent: no. */
  path_reports: z.optional(z.boolean()),
});
export type Welcome = z.infer<typeof welcomePayload>;

/**
 * The timestamp of the previous message in the room, 0 for the first message. A session that has not seen the
 * previous message has a gap, and asks for history. Absent when the node does not know it (an old message,
 * sent again).
 */
const prev = z.optional(timestamp);

/** Payload of `ack`: the message is on the node's disk. */
export const ackPayload = z.object({ id: messageId, timestamp, prev });

/** Payload of `receipt`: the sender of the frame has these messages of the target. */
export const receiptPayload = z.object({ ids: z.array(messageId).check(z.maxLength(500)) });

/** Payload of `history`, an answer: ascending by `timestamp`. */
export const historyPage = z.object({
  request: z.number(),
  messages: z.array(storedMessage),
  /** Whether there is more in the direction that was asked for. */
  more: z.boolean(),
});

/** Payload of `error`; `id` names the message that it is about. */
export const errorPayload = z.object({
  // An unknown code still has its message.
  code: z.catch(z.enum(ERROR_CODES), "internal"),
  message: z.string(),
  id: z.optional(messageId),
});

/** Payload of `ice_servers`: replaces the list of `welcome` before its credentials expire. */
export const iceServersPayload = z.object({ ice_servers: z.array(iceServer) });

/** Payload of `typing`. */
export const typingPayload = z.object({ typing: z.boolean() });

/**
 * Payload of `offer` and `answer`: an `RTCSessionDescriptionInit`. `from` is the sender's connection
 * (`instance.n`). `to` is the target's connection, or only its instance while the connection is unknown: so a
 * reloaded page ignores signals that were meant for the page before. Older clients send neither.
 */
export const descriptionPayload = z.object({
  type: z.enum(["offer", "answer"]),
  sdp,
  from: z.optional(z.string()),
  to: z.optional(z.string()),
});

/** Payload of `ice`: an `RTCIceCandidateInit`, or no candidate at the end of gathering. */
export const candidatePayload = z.object({
  ...iceCandidate,
  from: z.optional(z.string()),
  to: z.optional(z.string()),
});

/** Payload of `chat` as a peer gets it; without `timestamp` when it comes straight from its sender. */
export const shownMessage = z.object({
  ...chatPayload.shape,
  name: z.optional(toldName),
  timestamp: z.optional(timestamp),
  prev,
});

/**
 * Payload of `peer_left`. `left`: the peer said goodbye; otherwise its node stopped hearing from it. A
 * missing or unknown reason means `left`.
 */
export const peerLeftPayload = z.catch(
  z.object({ reason: z.enum(["left", "lost", "timed-out"]) }),
  { reason: "left" },
);
export type LeaveReason = z.infer<typeof peerLeftPayload>["reason"];

const nonce = z.string().check(z.regex(/^[0-9a-f]{32}$/));
/**
 * Payload of `prove`, over a DataChannel: the nonce that the other peer has to send back through the node, if
 * the node knows that peer as `as`.
 */
export const provePayload = z.object({ nonce, as: z.optional(peerId) });
/** Payload of the `relay` frame that answers `prove`. */
export const proofPayload = z.object({ proof: nonce });

const from = { peer_id: peerId };
const passedOnShape = { ...from, target_peer_id: z.optional(peerId) };

/** Every frame that a session understands. It ignores all other types. */
export const peerFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("welcome"), payload: welcomePayload }),
  z.object({ type: z.literal("peer_joined"), ...from, payload: z.optional(peerInfo) }),
  z.object({ type: z.literal("peer_updated"), ...from, payload: peerInfo }),
  z.object({ type: z.literal("peer_left"), ...from, payload: z.optional(peerLeftPayload) }),
  z.object({ type: z.literal("chat"), ...from, payload: shownMessage }),
  z.object({ type: z.literal("ack"), payload: ackPayload }),
  z.object({ type: z.literal("history"), payload: historyPage }),
  z.object({ type: z.literal("error"), payload: errorPayload }),
  z.object({ type: z.literal("ice_servers"), payload: iceServersPayload }),
  z.object({ type: z.literal("node_signal"), payload: nodeSignalPayload }),
  z.object({ type: z.literal("ping"), payload: z.optional(pingPayload) }),
  z.object({ type: z.literal("pong"), payload: z.optional(pingPayload) }),
  z.object({ type: z.literal("prove"), ...from, payload: provePayload }),
  z.object({ type: z.literal("offer"), ...passedOnShape, payload: descriptionPayload }),
  z.object({ type: z.literal("answer"), ...passedOnShape, payload: descriptionPayload }),
  z.object({ type: z.literal("ice"), ...passedOnShape, payload: candidatePayload }),
  z.object({ type: z.literal("typing"), ...passedOnShape, payload: typingPayload }),
  z.object({ type: z.literal("receipt"), ...passedOnShape, payload: receiptPayload }),
  z.object({ type: z.literal("relay"), ...passedOnShape, payload: z.optional(z.unknown()) }),
]);
export type PeerFrame = z.infer<typeof peerFrame>;
export type PeerFrameOf<T extends PeerFrame["type"]> = Extract<PeerFrame, { type: T }>;

const peerFrameTypes: ReadonlySet<string> = new Set(
  peerFrame.def.options.map((option) => option.shape.type.def.values[0] as string),
);
const memberFrameTypes: ReadonlySet<string> = new Set([
  ...PASSED_ON_TYPES,
  "chat",
  "history",
  "ping",
  "pong",
  "leave",
  "node_signal",
  "path_report",
]);

// Joining and REST

/** The query of `WS /signal` and `GET /signal`. */
export const joinQuery = z.object({
  room: roomName,
  peer_id: peerId,
  /** Defaults to the peer id, which older clients show. */
  name: z.optional(displayName),
  /** Made by the client; binds the peer id to the client that shows it. Absent: the node makes one. */
  token: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{16,128}$/))),
  instance: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/))),
  /** Told to the other members, to explain why a path is not better. */
  strategy: z.optional(strategy),
  /** `off` where the client has no WebRTC. */
  webrtc: z.optional(z.enum(["on", "off"])),
  /** {@linkcode PROTOCOL_VERSION} of the client; absent for older clients. */
  protocol: z.optional(z.string().check(z.regex(/^[0-9]{1,4}$/))),
});
export type JoinQuery = z.infer<typeof joinQuery>;

/** The body of `POST /send`. */
export const sendBody = z.object({
  room: roomName,
  peer_id: peerId,
  text: messageText,
  id: z.optional(messageId),
  name: z.optional(displayName),
  sent_at: z.optional(z.nullable(sentAt)),
  /** Required when a session that named its protocol holds the peer id. */
  token: z.optional(z.string()),
});
export type SendBody = z.infer<typeof sendBody>;

/** The answer of `POST /send`. */
export const sendAnswer = z.object({ id: messageId, timestamp });

// Parsing

/** The first issue of a failed parse as `path: message`. */
export function describeIssue(error: z.core.$ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return "is not valid";
  const path = issue.path.map(String).join(".");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}

function parseJsonFrame(text: string): { type: string } {
  if (text.length > LIMITS.frameChars) {
    throw new ProtocolError(
      "frame-too-large",
      `The frame is ${text.length} characters; the limit is ${LIMITS.frameChars}`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ProtocolError("bad-frame", "The frame is not JSON");
  }
  return checkType(json);
}

function checkType(json: unknown): { type: string } {
  if (typeof json !== "object" || json === null || !("type" in json)) {
    throw new ProtocolError("bad-frame", "The frame is not an object with a type");
  }
  if (typeof json.type !== "string") {
    throw new ProtocolError("bad-frame", "The frame's type is not a string");
  }
  return json as { type: string };
}

/**
 * Parses a frame from a member.
 * @throws {ProtocolError} `frame-too-large`, `bad-frame` or `unknown-type`, with the reason.
 */
export function parseMemberFrame(text: string): MemberFrame {
  return checkMemberFrame(parseJsonFrame(text));
}

/** As {@linkcode parseMemberFrame}, for parsed JSON: an item of a polling array. */
export function checkMemberFrame(json: unknown): MemberFrame {
  const { type } = checkType(json);
  const result = memberFrame.safeParse(json);
  if (result.success) return result.data;
  if (!memberFrameTypes.has(type)) {
    throw new ProtocolError("unknown-type", `The node knows no frames of type "${clip(type)}"`);
  }
  throw new ProtocolError("bad-frame", `Frame "${type}": ${describeIssue(result.error)}`);
}

/**
 * Parses a frame for a session. Returns null for an unknown type, which the session ignores.
 * @throws {ProtocolError} `frame-too-large` or `bad-frame`, with the reason.
 */
export function parsePeerFrame(text: string): PeerFrame | null {
  const json = parseJsonFrame(text);
  if (!peerFrameTypes.has(json.type)) return null;
  const result = peerFrame.safeParse(json);
  if (result.success) return result.data;
  throw new ProtocolError("bad-frame", `Frame "${json.type}": ${describeIssue(result.error)}`);
}

/** Encodes any frame as JSON. */
export function encodeFrame(frame: MemberFrame | PeerFrame): string {
  return JSON.stringify(frame);
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
