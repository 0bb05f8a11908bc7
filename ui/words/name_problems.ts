/**
 * Names as people type them: normalises the input, and says why it can't be a name. The rules
 * themselves belong to the wire, in `transport/protocol/mod.ts` and `transport/protocol/names.ts`.
 */
import { describeIssue, displayName, roomName } from "../../transport/protocol/mod.ts";

/** A room's name or a peer id in the form that is compared exactly: NFC, without blanks around it. */
export function normaliseId(text: string): string {
  return text.normalize("NFC").trim();
}

/** Why `text` can't be a person's name, as a sentence; null when it can. */
export function nameProblem(text: string, what: string): string | null {
  const result = displayName.safeParse(text);
  return result.success ? null : `${what} ${describeIssue(result.error)}.`;
}

/** Why `text` can't name a room or be a peer id, as a sentence; null when it can. */
export function idProblem(text: string, what: string): string | null {
  const result = roomName.safeParse(normaliseId(text));
  return result.success ? null : `${what} ${describeIssue(result.error)}.`;
}
