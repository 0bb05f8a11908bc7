/** Finds and reads the checkout's files for the scripts: its root, lists of files, digests. */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

/** The checkout's folder, without a slash at its end. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** Folders that tools make; they are no sources. */
const SKIPPED = new Set([".deno", ".git", "build", "dist", "node_modules"]);

/**
 * Every file below `folder` (or `folder` itself when it is a file), sorted, as paths relative to `root`
 * with forward slashes. Leaves out folders that tools make. An empty list when nothing is there.
 */
export async function listFiles(root: string, folder = "."): Promise<string[]> {
  const info = await Deno.stat(`${root}/${folder}`).catch(() => null);
  if (info === null) return [];
  if (info.isFile) return [folder];
  const found: string[] = [];
  for await (const entry of Deno.readDir(`${root}/${folder}`)) {
    if (SKIPPED.has(entry.name)) continue;
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await listFiles(root, path));
    else found.push(path);
  }
  return found.sort();
}

/** The SHA-256 of bytes or text in hexadecimal. */
export function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** One SHA-256 over names and contents of all files in `paths`, which may name folders. */
export async function digestOf(root: string, paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of await listFiles(root, path)) {
      hash.update(`${file}\0`).update(await Deno.readFile(`${root}/${file}`)).update("\0");
    }
  }
  return hash.digest("hex");
}

/** A small file's text; the empty string when there is none. */
export async function readOrEmpty(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Removes a file or folder with all that is in it, if it is there. */
export async function removeAll(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
