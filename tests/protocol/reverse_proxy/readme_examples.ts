/** The examples of README.md for reverse proxies, as a reader would copy them. */
import { parseCommand, type Settings } from "../../../server/mod.ts";

const readme = await Deno.readTextFile(new URL("../../../README.md", import.meta.url));
const [, section = ""] = readme.split("## Behind a reverse proxy");

/** The code block in `language`. */
export function example(language: "sh" | "nginx" | "caddy"): string {
  const [, code] = section.split("\n```" + language + "\n");
  const end = code?.indexOf("```") ?? -1;
  if (end === -1) throw new Error(`README.md has no example for ${language}`);
  return code!.slice(0, end);
}

/** The settings of a node that is started as README.md says. */
export function exampleSettings(): Settings {
  const [, ...args] = example("sh").trim().split(" ");
  const command = parseCommand({ args, env: {}, dotEnv: {} });
  if (command.kind !== "run") throw new Error("README.md starts no node");
  return command.settings;
}

/**
 * `text` with each `from` replaced by its `to`.
 * @throws {Error} when `text` lacks a `from`.
 */
export function adapted(text: string, changes: readonly (readonly [string, string])[]): string {
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`README.md's example has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  return text;
}
