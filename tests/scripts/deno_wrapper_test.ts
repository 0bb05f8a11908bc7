import assert from "node:assert/strict";
import { ROOT } from "../../scripts/files.ts";

/** A checkout of `scripts/deno` alone, and a PATH of made-up programs. */
interface Machine {
  readonly folder: string;
  /** Puts a shell script on PATH. */
  program(name: string, script: string): Promise<void>;
  /** Runs the checkout's `scripts/deno`, or `script`. */
  run(args: string[], options?: { script?: string; cwd?: string }): Promise<Outcome>;
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stand-in for Deno that prints its arguments. */
const PINNED =
  `[ "$1" = --version ] && { echo "deno 2.7.11 (stable)"; exit; }; echo "ran $*"; exit 3`;

function machineTest(name: string, body: (machine: Machine) => Promise<void>): void {
  Deno.test({
    name,
    ignore: Deno.build.os === "windows",
    async fn() {
      const folder = await Deno.realPath(await Deno.makeTempDir());
      try {
        await body(await createMachine(folder));
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

async function createMachine(folder: string): Promise<Machine> {
  await Deno.mkdir(`${folder}/checkout/scripts`, { recursive: true });
  await Deno.mkdir(`${folder}/bin`);
  await Deno.copyFile(`${ROOT}/scripts/deno`, `${folder}/checkout/scripts/deno`);
  const decoder = new TextDecoder();
  const machine: Machine = {
    folder,
    async program(name, script) {
      const path = `${folder}/bin/${name}`;
      await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    },
    async run(args, { script = `${folder}/checkout/scripts/deno`, cwd = folder } = {}) {
      const command = new Deno.Command("/bin/sh", {
        args: [script, ...args],
        cwd,
        clearEnv: true,
        env: { PATH: `${folder}/bin` },
      });
      const { code, stdout, stderr } = await command.output();
      return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
    },
  };
  for (const tool of ["dirname", "mkdir", "mv", "readlink"]) {
    await machine.program(tool, `PATH=/usr/bin:/bin exec ${tool} "$@"`);
  }
  return machine;
}

machineTest("Deno on PATH is used when it is the pinned version", async (machine) => {
  await machine.program("deno", PINNED);
  assert.deepEqual(await machine.run(["run", "a b"]), {
    code: 3,
    stdout: "ran run a b\n",
    stderr: "",
  });
});

machineTest("another Deno on PATH is passed over for the one that npx fetches", async (machine) => {
  await machine.program("deno", `echo "deno 2.7.110 (stable)"`);
  await machine.program("fetched", PINNED);
  await machine.program("npx", `echo ${machine.folder}/bin/fetched`);
  const first = await machine.run(["fmt"]);
  assert.equal(first.stdout, "ran fmt\n");
  assert.equal(first.stderr, "Fetching Deno 2.7.11\n");
});

machineTest("what npx fetched is found again without npx", async (machine) => {
  await machine.program("fetched", PINNED);
  await machine.program("npx", `echo ${machine.folder}/bin/fetched`);
  await machine.run(["fmt"]);
  await Deno.remove(`${machine.folder}/bin/npx`);
  assert.deepEqual(await machine.run(["fmt"]), { code: 3, stdout: "ran fmt\n", stderr: "" });
});

machineTest("a copy that was replaced by another version is fetched anew", async (machine) => {
  await machine.program("fetched", PINNED);
  await machine.program("npx", `echo ${machine.folder}/bin/fetched`);
  await machine.run(["fmt"]);
  await machine.program("fetched", `echo "deno 3.0.0"`);
  await machine.program("again", PINNED);
  await machine.program("npx", `echo ${machine.folder}/bin/again`);
  assert.equal((await machine.run(["fmt"])).stdout, "ran fmt\n");
});

machineTest("without Deno and npx one line says what to install", async (machine) => {
  const { code, stdout, stderr } = await machine.run(["fmt"]);
  assert.equal(code, 127);
  assert.equal(stdout, "");
  assert.match(stderr, /^scripts\/deno: neither Deno 2\.7\.11 nor npx .*: install .*\n$/);
});

machineTest("a failing npx is told in one line", async (machine) => {
  await machine.program("npx", "exit 1");
  const { code, stderr } = await machine.run(["fmt"]);
  assert.equal(code, 127);
  assert.match(stderr, /npx could not fetch deno@2\.7\.11/);
});

machineTest("through a symlink it still belongs to its checkout", async (machine) => {
  await machine.program("deno", PINNED);
  await Deno.symlink("../checkout/scripts/deno", `${machine.folder}/bin/goat`);
  const { stdout } = await machine.run(["task", "test"], { script: `${machine.folder}/bin/goat` });
  assert.equal(stdout, `ran task --config ${machine.folder}/checkout/deno.json test\n`);
});

machineTest(
  "certificates of the system are trusted unless something else is set",
  async (machine) => {
    const tell =
      `[ "$1" = --version ] && { echo "deno 2.7.11 (stable)"; exit; }; echo $DENO_TLS_CA_STORE`;
    await machine.program("deno", tell);
    assert.equal((await machine.run(["x"])).stdout, "system,mozilla\n");
  },
);
