/**
 * The executable: reads arguments and environment, builds the parts of a node, wires them and starts
 * them. Each part lives in the folder from which it is imported.
 */
import config from "./deno.json" with { type: "json" };
import {
  createLog,
  defaultDbPath,
  helpText,
  ownAdminToken,
  parseCommand,
  readEnvFile,
  type Settings,
  startLines,
  startNode,
  stopRequested,
} from "./server/mod.ts";
import { checkDatabase, openSqliteStore } from "./storage/mod.ts";
import { isPublicError } from "./transport/errors.ts";
import { systemClock } from "./transport/transport.ts";

const { version } = config;

// In a bundle the page and the workers lie beside this file; in the source tree they lie where they are
// made.
const isBundle = !import.meta.url.endsWith(".ts");
const uiFolder = new URL(isBundle ? "./ui/" : "./build/ui/", import.meta.url);
const writerModule = new URL(
  isBundle ? "./writer.js" : "./storage/sqlite_writer.ts",
  import.meta.url,
);

const webrtcModule = new URL(
  isBundle ? "./webrtc.js" : "./transport/werift/endpoint_worker.ts",
  import.meta.url,
);

/** Loaded for `e-goat doctor` alone. */
const doctorModule = new URL(
  isBundle ? "./doctor.js" : "./ui/terminal/doctor_main.ts",
  import.meta.url,
);

/**
 * Delay before the writer starts, which blocks this thread for some 25 ms. A user who starts a node
 * opens its page next, and the page goes first. A message that comes sooner starts the writer itself.
 */
const WRITER_DELAY_MS = 250;

async function run(settings: Settings, env: Record<string, string>): Promise<void> {
  const log = createLog({ level: settings.logLevel, format: settings.logFormat });
  const dbPath = settings.db ?? defaultDbPath(env);
  // From here on a signal closes the store and the node, however early it comes.
  const stopping = stopRequested();
  const store = await openSqliteStore(dbPath, {
    writer: () => writerModule,
    maxBytes: settings.maxDbBytes,
    onClockJump: (message) => log.error(message),
  });
  try {
    const webrtcWorker = () => new Worker(webrtcModule, { type: "module" });
    const adminToken = settings.adminToken ?? await ownAdminToken(dbPath);
    const options = { store, ui: uiFolder, log, version, webrtcWorker };
    const node = await startNode({ ...settings, adminToken }, options);
    for (const line of startLines(node, { settings, dbPath, version })) console.log(line);
    // If the writer fails to start, the first write tries again.
    const cancel = systemClock.after(WRITER_DELAY_MS, () => {
      store.startWriter().catch((error) => log.error("The writer does not start", {}, error));
    });
    await stopping;
    cancel();
    log.info("Stopping");
    await node.close();
  } finally {
    await store.close();
  }
}

/** Checks the network. @returns the exit code. */
async function checkNetwork(nodeUrl: string): Promise<number> {
  const { doctor }: typeof import("./ui/terminal/doctor_main.ts") = await import(doctorModule.href);
  return await doctor(nodeUrl, () => import(webrtcModule.href));
}

/** @returns the exit code. */
async function main(): Promise<number> {
  const env = Deno.env.toObject();
  const command = parseCommand({ args: Deno.args, env, dotEnv: readEnvFile(".env") });
  if (command.kind === "help") console.log(helpText(version));
  else if (command.kind === "version") console.log(`e-goat ${version}`);
  else if (command.kind === "doctor") return await checkNetwork(command.nodeUrl);
  else if (command.kind === "check") {
    const path = command.db ?? defaultDbPath(env);
    return checkDatabase(path, { print: (line) => console.log(line) }) ? 0 : 1;
  } else await run(command.settings, env);
  return 0;
}

try {
  Deno.exit(await main());
} catch (error) {
  if (!isPublicError(error)) throw error;
  console.error(error.message);
  Deno.exit(2);
}
