/**
 * The wire, as zod schemas, inferred types and limits: PROTOCOL.md in code. Both sides parse incoming frames
 * with these schemas at the edge; inside, the types are trusted.
 *
 * This file is the face of the folder, and a leaf: every module may import it. The files beside it have one
 * family of frames each. They import each other and never this file. All use `zod/mini` because the page
 * bundles them (39 kB gzipped with all of the UI; plain zod alone would be 440 kB minified).
 */
export {
  CLOSE_CODES,
  closeCodeOfLastWord,
  ERROR_TABLE,
  errorOfCloseCode,
  errorPayload,
  lastWordOf,
  ownCloseCode,
} from "./error_codes.ts";
export {
  checkMemberFrame,
  describeIssue,
  encodeFrame,
  parseMemberFrame,
  parsePeerFrame,
} from "./frame_codec.ts";
export { LIMITS, PROTOCOL_VERSION } from "./limits.ts";
export {
  type MemberFrame,
  memberFrame,
  PASSED_ON_TYPES,
  type PassedOnFrame,
} from "./member_frames.ts";
export {
  ackPayload,
  chatPayload,
  historyPage,
  historyRequest,
  type MessageId,
  messageId,
  receiptPayload,
  shownMessage,
  type StoredMessage,
  storedMessage,
} from "./messages.ts";
export { displayName, isName, type PeerId, peerId, type RoomName, roomName } from "./names.ts";
export {
  type PathReport,
  pathReport,
  STRATEGIES,
  type Strategy,
  strategy,
  type Tier,
  tier,
  TIERS,
} from "./paths.ts";
export { type PeerFrame, peerFrame, type PeerFrameOf } from "./peer_frames.ts";
export {
  type LeaveReason,
  type PeerInfo,
  peerInfo,
  peerLeftPayload,
  pingPayload,
  proofPayload,
  provePayload,
  typingPayload,
  type Welcome,
  welcomePayload,
} from "./presence.ts";
export { type JoinQuery, joinQuery, sendAnswer, type SendBody, sendBody } from "./requests.ts";
export {
  candidatePayload,
  descriptionPayload,
  type IceServer,
  iceServer,
  iceServersPayload,
  type NodeSignal,
  nodeSignalPayload,
} from "./signaling.ts";
export { messageText, type TextProblem, textProblem } from "./text.ts";
export { timestamp, timestampFromUs, usFromTimestamp } from "./time.ts";
