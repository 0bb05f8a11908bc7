/** Rules on which files exist, on their names and on their length. */
import type { SourceFile } from "./source_files.ts";

/**
 * Everything allowed at the top of the checkout. The list stays short enough for a newcomer to take in.
 */
const TOP_LEVEL = new Set([
  ".ci",
  ".dockerignore",
  ".gitattributes",
  ".github",
  ".gitignore",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "Dockerfile",
  "LICENSE",
  "README.md",
  "deno.json",
  "deno.lock",
  "main.ts",
  "scripts",
  "server",
  "storage",
  "tests",
  "transport",
  "ui",
]);

/** Names that do not tell what a file contains. */
const VAGUE = /^(common|helpers?|misc|shared|types|utils?)\./;

const CODE = /\.(ts|tsx|css|sql)$/;

const MAX_LINES = 400;

/** Number of lines in which a file's header is searched. */
const HEADER_LINES = 20;

/** Violations of the rules, as `file: reason`. */
export function layoutViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, source }) =>
    [topLevel(path), snakeCase(path), vagueName(path), tooLong(path, source)]
      .filter((reason) => reason !== null)
      .map((reason) => `${path}: ${reason}`)
  );
}

function topLevel(path: string): string | null {
  const top = path.split("/")[0] ?? path;
  return TOP_LEVEL.has(top) ? null : `the top level is fixed and has no ${top}`;
}

function snakeCase(path: string): string | null {
  const name = path.split("/").at(-1) ?? path;
  return !CODE.test(name) || /^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(name)
    ? null
    : "files of code are named in snake_case";
}

function vagueName(path: string): string | null {
  const name = path.split("/").at(-1) ?? path;
  return VAGUE.test(name) ? "a file is named for its one idea" : null;
}

function tooLong(path: string, source: string): string | null {
  const lines = source.split("\n");
  if (!CODE.test(path) || lines.length - 1 <= MAX_LINES) return null;
  if (/\blong because\b/i.test(lines.slice(0, HEADER_LINES).join(" "))) return null;
  return `${lines.length - 1} lines are more than ${MAX_LINES}, and its header does not say ` +
    `"long because …"`;
}
