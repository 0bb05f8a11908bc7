/** The version of the wire and all its limits. Both sides enforce the limits; PROTOCOL.md lists them. */

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
