/**
 * Parses frames from JSON, with the reason when one is refused, and encodes them. The schemas are in
 * `member_frames.ts` and `peer_frames.ts`.
 */
import type * as z from "zod/mini";
import { ProtocolError } from "../errors.ts";
import { LIMITS } from "./limits.ts";
import { type MemberFrame, memberFrame, memberFrameTypes } from "./member_frames.ts";
import { type PeerFrame, peerFrame, peerFrameTypes } from "./peer_frames.ts";

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

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
