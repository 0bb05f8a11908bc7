/** The public API of `server/`: it takes settings and returns a running node. */
export { type NodeOptions, type RunningNode, startNode } from "./node.ts";
export { DEFAULT_SETTINGS, type Settings } from "./settings.ts";
export { type Command, parseCommand } from "./settings_parse.ts";
export { helpText, settingsMarkdown } from "./settings_help.ts";
export { createLog, type Log, silentLog } from "./log.ts";
export { adminTokenPath, ownAdminToken } from "./admin_token.ts";
export { defaultDbPath } from "./data_folder.ts";
export { startLines } from "./start_lines.ts";
export { readEnvFile } from "./env_file.ts";
export { stopRequested } from "./stop_signal.ts";
