/** The executable by itself: its requirements, the files that it makes, and its error messages. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { executablePath, NodeProcess, runToEnd } from "./node_process.ts";

const ALONE = new URL("./alone.ts", import.meta.url).pathname;

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "e-goat-e2e-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Whether a network with only a loopback can be made. Linux allows this to root, and often to everyone.
 */
async function canUnshareNetwork(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  try {
    const args = ["-rn", "sh", "-c", "ip link set lo up"];
    return (await new Deno.Command("unshare", { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

Deno.test("alone in an empty folder without a network it serves the page, stores and chats", () =>
  withFolder(async (folder) => {
    const executable = `${folder}/e-goat`;
    await Deno.copyFile(executablePath(), executable);
    const isolated = await canUnshareNetwork();
    if (!isolated) console.log("This machine can't take the network away: tested with it");
    const script = [Deno.execPath(), "run", "-A", "--no-check", ALONE, executable];
    const [command, args] = isolated
      ? ["unshare", ["-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", ...script]] as const
      : [script[0]!, script.slice(1)] as const;
    const { stdout, success } = await new Deno.Command(command, {
      args: [...args],
      stderr: "inherit",
    }).output();
    assert(success);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
      pageStatus: 200,
      assetStatuses: [200],
      heardByBen: ["Hello Ben"],
      heardByAnn: ["Hello Ann"],
      history: ["Hello Ben", "Hello Ann"],
      made: [".local/share/e-goat/admin-token", ".local/share/e-goat/chat.db"],
    });
  }));

Deno.test("--help names every flag, and --version the version", async () => {
  const help = await runToEnd(["--help"]);
  assert.equal(help.code, 0);
  for (const flag of ["--http-port", "--ws-port", "--db", "--public-base", "--peer-timeout"]) {
    assert(help.stdout.includes(flag), `${flag} is missing in\n${help.stdout}`);
  }
  const version = await runToEnd(["--version"]);
  assert.equal(version.code, 0);
  assert.match(version.stdout, /^e-goat \d+\.\d+\.\d+\n$/);
});

/** Asserts that the executable refuses `args` with one line that matches, and exit code 2. */
async function assertRefused(args: readonly string[], line: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runToEnd(args);
  assert.match(stderr, /^[^\n]+\n$/);
  assert.match(stderr, line);
  assert.equal(stdout, "");
  assert.equal(code, 2);
}

Deno.test("a taken port is one line that names the port and the flag", async () => {
  await using node = await NodeProcess.start();
  const db = ["--db", `${node.folder}/other.db`, "--host", "127.0.0.1"];
  const port = `${node.port}`;
  await assertRefused(
    ["--http-port", port, "--ws-port", "0", ...db],
    new RegExp(`${port}.*--http-port`),
  );
  await assertRefused(
    ["--http-port", "0", "--ws-port", port, ...db],
    new RegExp(`${port}.*--ws-port`),
  );
});

Deno.test("a bad flag or value is one line that names the flag and the mend", async () => {
  await assertRefused(["--http-port", "eighty"], /--http-port must be a whole number .*"eighty"/);
  await assertRefused(["--http-prot", "80"], /--http-prot: did you mean --http-port\?/);
  await assertRefused(["--public-base", "chat.example"], /--public-base must be like https:/);
  await assertRefused(["-peer-timeout=soon"], /--peer-timeout must be a time like 10s/);
  await assertRefused(["--db"], /--db needs a value/);
});

Deno.test("a damaged database is refused in one line and left as it is", () =>
  withFolder(async (folder) => {
    const db = `${folder}/chat.db`;
    const damaged = new TextEncoder().encode("SQLite format 3\0 but nothing like it".repeat(500));
    for (const bytes of [damaged, new TextEncoder().encode("My diary, not a database")]) {
      await Deno.writeFile(db, bytes);
      await assertRefused(["--http-port", "0", "--ws-port", "0", "--db", db], /chat\.db/);
      assert.deepEqual(await Deno.readFile(db), bytes);
    }
  }));

Deno.test("a database of a newer version is refused in one line and left as it is", async () => {
  await using node = await NodeProcess.start();
  await node.stop();
  const db = `${node.folder}/chat.db`;
  const database = new DatabaseSync(db);
  database.exec("PRAGMA user_version = 9999");
  database.close();
  const before = await Deno.readFile(db);
  await assertRefused(["--http-port", "0", "--ws-port", "0", "--db", db], /newer version/);
  assert.deepEqual(await Deno.readFile(db), before);
});

Deno.test("a second node on the same database is refused in one line", async () => {
  await using node = await NodeProcess.start();
  const db = `${node.folder}/chat.db`;
  await assertRefused(["--http-port", "0", "--ws-port", "0", "--db", db], /in use by another node/);
});

Deno.test("Ctrl+C ends it at once, with members inside", async () => {
  await using node = await NodeProcess.start();
  const socket = new WebSocket(`${node.url}/signal?room=lobby&peer_id=ann`);
  await new Promise((resolve) => socket.onmessage = resolve);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  await node.stop();
  await closed;
});
