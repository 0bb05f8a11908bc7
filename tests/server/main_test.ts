import assert from "node:assert/strict";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the program in an empty folder. Once the program has printed its addresses, `whenUp` gets its
 * process.
 */
async function runMain(
  args: string[],
  options: { dotEnv?: string; whenUp?: (child: Deno.ChildProcess) => void } = {},
): Promise<Ended> {
  const folder = await Deno.makeTempDir();
  try {
    if (options.dotEnv !== undefined) await Deno.writeTextFile(`${folder}/.env`, options.dotEnv);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", MAIN, "--db", `${folder}/chat.db`, ...args],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stderr = new Response(child.stderr).text();
    let stdout = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const wasUp = stdout.includes("Stop with");
      stdout += chunk;
      if (!wasUp && stdout.includes("Stop with")) options.whenUp?.(child);
    }
    return { code: (await child.status).code, stdout, stderr: await stderr };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const LOCAL = ["--host", "127.0.0.1", "--http-port", "0", "--ws-port", "0", "--stun-port", "0"];

Deno.test("the program prints its addresses and database, and stops with code 0 when asked to", async () => {
  const { code, stdout } = await runMain(LOCAL, { whenUp: (child) => child.kill("SIGTERM") });
  assert.equal(code, 0);
  assert.match(stdout, /http:\/\/127\.0\.0\.1:\d+\n/);
  assert.match(stdout, /stored in .*chat\.db/);
});

Deno.test("the program says its version and its flags", async () => {
  const version = await runMain(["--version"]);
  assert.deepEqual([version.code, /^e-goat \d+\.\d+\.\d+\n$/.test(version.stdout)], [0, true]);
  const help = await runMain(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /--http-port <port>/);
});

Deno.test("a mistake is one line and exit code 2, wherever it was made", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const cases: [string[], string | undefined, RegExp][] = [
    [["--htp-port", "1"], undefined, /^Unknown flag --htp-port: did you mean --http-port\?\n$/],
    [LOCAL, "EGOAT_RATE_LIMIT=many", /^EGOAT_RATE_LIMIT in \.env must be a whole number.*\n$/],
    [
      ["--host", "127.0.0.1", "--http-port", String(port)],
      undefined,
      new RegExp(`^Port ${port} is taken: choose another with --http-port\n$`),
    ],
    [[...LOCAL, "--db", "/proc/nowhere/chat.db"], undefined, /^Cannot use the database .*\n$/],
  ];
  try {
    for (const [args, dotEnv, expected] of cases) {
      const { code, stderr } = await runMain(args, dotEnv === undefined ? {} : { dotEnv });
      assert.equal(code, 2);
      assert.match(stderr, expected);
    }
  } finally {
    taken.close();
  }
});
