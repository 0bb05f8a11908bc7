/** Which files there are, what they are called and how long they may be. */
import type { SourceFile } from "./source_files.ts";

/** Everything at the top of the checkout, so that it stays a page that a newcomer can take in. */
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

/** Names under which anything could hide. */
const VAGUE = /^(common|helpers?|misc|shared|types|utils?)\./;

const CODE = /\.(ts|tsx|css|sql)$/;

const MAX_LINES = 400;

/** How far down a file's header is looked for. */
const HEADER_LINES = 20;

/** All that breaks a rule, as `file: reason`. */
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
