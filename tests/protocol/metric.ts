/** Reads a node's `/metrics` with its admin token. */
import { AS_ADMIN } from "../fakes/admin.ts";

/** The sum of all samples of `name`, a regular expression for its name and labels. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, AS_ADMIN)).text();
  const samples = text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (.+)$`, "gm"));
  return samples.reduce((sum, [, value]) => sum + Number(value), 0);
}
