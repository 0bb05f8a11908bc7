/**
 * Names as people type them: what is made of the input, and what is said when it can't be a name.
 * The rule itself is the wire's, in `transport/protocol.ts`.
 */
import { describeIssue, displayName } from "../../../transport/protocol.ts";

/** One spelling for what looks the same: NFC, without blanks around it. */
export function normaliseName(text: string): string {
  return text.normalize("NFC").trim();
}

/** Why `text` can't be the name of `what` ("Your name"), as a sentence; null when it can. */
export function nameProblem(text: string, what: string): string | null {
  const result = displayName.safeParse(normaliseName(text));
  return result.success ? null : `${what} ${describeIssue(result.error)}.`;
}
