/** The public API of `server/`: it takes settings and returns a running node. */
export { type NodeOptions, type RunningNode, startNode } from "./node.ts";
export { DEFAULT_SETTINGS, type Settings } from "./settings/settings.ts";
export { type Command, parseCommand } from "./settings/parse.ts";
export { helpText, settingsMarkdown } from "./settings/help.ts";
export { createLog, type Log, silentLog } from "./log.ts";
export { adminTokenPath, ownAdminToken } from "./settings/admin_token.ts";
export { defaultDbPath } from "./settings/data_folder.ts";
export { startLines } from "./start_lines.ts";
export { readEnvFile } from "./settings/env_file.ts";
export { stopRequested } from "./stop_signal.ts";
