/**
 * The admin token that a node makes for its owner: in a file beside the database, for the node's user only.
 */
import { dirname, join } from "node:path";
import { UserError } from "../../transport/errors.ts";

/** Format of a token, given or made: long enough that guessing takes years at any rate. */
export const ADMIN_TOKEN = /^[A-Za-z0-9_-]{16,128}$/;

const FILE = "admin-token";

/** Path of the token file of a node with this database. */
export function adminTokenPath(dbPath: string): string {
  return join(dirname(dbPath), FILE);
}

/**
 * Returns the token in the file beside the database. Makes the file when there is none.
 * @throws {UserError} `bad-request`, one line that names the file and how to fix it.
 */
export async function ownAdminToken(dbPath: string): Promise<string> {
  const path = adminTokenPath(dbPath);
  try {
    return await writeToken(path, { createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw unusable(path, error);
  }
  const token = await Deno.readTextFile(path).catch((error) => {
    throw unusable(path, error);
  });
  if (ADMIN_TOKEN.test(token.trim())) return token.trim();
  // The node that made the file was killed before it wrote the token.
  if (token === "") return await writeToken(path);
  throw unusable(path, new Error("it holds no token"));
}

async function writeToken(path: string, options: Deno.WriteFileOptions = {}): Promise<string> {
  const token = crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: "base64url" });
  await Deno.writeTextFile(path, `${token}\n`, { ...options, mode: 0o600 });
  // The mode above applies only to a new file. An empty file that existed before keeps its own mode.
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o600);
  return token;
}

function unusable(path: string, cause: unknown): UserError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message =
    `The admin token in ${path} cannot be used (${reason}): remove the file, so that ` +
    "a new one is made, or set --admin-token";
  return new UserError("bad-request", message, { cause });
}
