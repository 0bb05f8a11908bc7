/**
 * `e-goat doctor`: prints the checks of `transport/doctor/doctor.ts` as lines of text, each as soon as its
 * result is known.
 */
import { diagnose, type DoctorPlatform } from "../../transport/doctor/doctor.ts";
import { canChat, type Check } from "../../transport/doctor/checks.ts";

const LABEL_COLUMNS = 17;
const MARKS = { ok: "ok", limited: "limited", blocked: "blocked", unknown: "untested" } as const;
const MARK_COLUMNS = 10;

/** The lines of one check: mark, label and finding, and below them what would help, if anything would. */
export function checkLines({ outcome, label, detail, help }: Check): string[] {
  const head = MARKS[outcome].padEnd(MARK_COLUMNS) + label.padEnd(LABEL_COLUMNS);
  const lines = [head + detail];
  if (outcome !== "ok" && help !== null) lines.push(`${" ".repeat(head.length)}→ ${help}`);
  return lines;
}

export interface TerminalDoctorOptions {
  readonly nodeUrl: string;
  readonly platform: DoctorPlatform;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs the checks and prints them.
 * @returns the exit code: 0 when a chat works here over any transport; 1 when none does.
 */
export async function runDoctor(options: TerminalDoctorOptions): Promise<0 | 1> {
  const { nodeUrl, platform, print, signal } = options;
  print(`What this network allows, seen from here and from ${nodeUrl}:`);
  print("");
  const printCheck = (check: Check) => checkLines(check).forEach((line) => print(line));
  const isUsable = canChat(await diagnose(platform, printCheck, { nodeUrl, signal }));
  print("");
  print(isUsable ? "A chat works on this network." : "No chat works between here and the node.");
  return isUsable ? 0 : 1;
}
