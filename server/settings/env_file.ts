/** Reads the `.env` file of the working folder. */
import { parseEnv } from "node:util";
import { UserError } from "../../transport/errors.ts";

/**
 * Returns the variables in the file at `path`; none when there is no such file.
 * @throws {UserError} `bad-request` when it can't be read.
 */
export function readEnvFile(path: string): Record<string, string | undefined> {
  try {
    return parseEnv(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw new UserError("bad-request", `The file ${path} cannot be read`, { cause: error });
  }
}
