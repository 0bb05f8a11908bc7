/** The lines that a node prints at its start: the addresses to open, and the path of the database. */
import { adminTokenPath } from "./settings/admin_token.ts";
import { isLoopback, lanBases } from "./addresses.ts";
import type { RunningNode } from "./node.ts";
import type { Settings } from "./settings/settings.ts";

export function startLines(
  node: RunningNode,
  options: { settings: Settings; dbPath: string; version: string },
): string[] {
  const { settings, dbPath, version } = options;
  const scheme = settings.tlsCert === null ? "http" : "https";
  const others = isLoopback(settings.host) ? [] : lanBases(node.httpPort, { scheme });
  return [
    `e-goat ${version} is running. Open:`,
    "",
    `  ${node.url}`,
    ...others.map((base) => `  ${base}  (for others on your network)`),
    ...settings.publicBase === null ? [] : [`  ${settings.publicBase}  (public)`],
    "",
    `Messages are stored in ${dbPath}. Stop with Ctrl+C.`,
    ...settings.adminToken === null
      ? [`The admin token, for figures of all rooms, is in ${adminTokenPath(dbPath)}.`]
      : [],
  ];
}
