/** How comments begin: with their subject, so that a reader needs no second look to find it. */
import type { SourceFile } from "./source_files.ts";

/** A line of a comment that begins with a relative clause instead of a noun or a verb. */
const HEADLESS = /^\s*(?:\/\/|\/?\*+)\s*(what|who|whom|whose|those)\b/i;

/** All lines that break the rule, as `file:line: reason`. */
export function commentViolations({ path, source }: SourceFile): string[] {
  return source.split("\n").flatMap((line, index) => {
    const word = HEADLESS.exec(line)?.[1];
    if (word === undefined) return [];
    return [`${path}:${index + 1}: name the subject instead of beginning with "${word}"`];
  });
}
