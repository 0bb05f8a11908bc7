/**
 * Names as people type them: what is made of the input, and what is said when it can't be one. The
 * rules themselves are the wire's, in `transport/protocol.ts` and `transport/names.ts`.
 */
import { describeIssue, displayName, roomName } from "../../../transport/protocol.ts";

/** What a room or a peer id is called, which is compared exactly: NFC, without blanks around it. */
export function normaliseId(text: string): string {
  return text.normalize("NFC").trim();
}

/** Why `text` can't be what a person is called, as a sentence; null when it can. */
export function nameProblem(text: string, what: string): string | null {
  const result = displayName.safeParse(text);
  return result.success ? null : `${what} ${describeIssue(result.error)}.`;
}

/** Why `text` can't name a room or be a peer id, as a sentence; null when it can. */
export function idProblem(text: string, what: string): string | null {
  const result = roomName.safeParse(normaliseId(text));
  return result.success ? null : `${what} ${describeIssue(result.error)}.`;
}
