/**
 * Runs the tests. First the unit tests, two files at a time. Then the e2e tests, which drive Chromium
 * and the compiled executable, one after the other because they are heavy. The tests of the network lab
 * run beside these, because they wait most of the time. Sets up and compiles what the tests need.
 * Failures are printed again at the end; the last line is `N passed, N failed`.
 *
 * `--unit` and `--e2e` choose one kind. Files and folders narrow it down, and everything else goes to
 * `deno test`. The e2e tests find the executable in `EGOAT_EXECUTABLE` and Chromium in
 * `EGOAT_CHROMIUM`.
 */
import { withoutSeparator } from "./arguments.ts";
import { setUpChromium } from "./chromium.ts";
import { listFiles, ROOT } from "./files.ts";
import { runDeno, ScriptError } from "./run.ts";
import { setUpPackages } from "./setup.ts";
import {
  addCounts,
  type Counts,
  countTests,
  findFailures,
  formatCounts,
  isSuccess,
  NO_TESTS,
} from "./test_summary.ts";

interface Outcome {
  readonly counts: Counts;
  /** The failed tests and their errors, as Deno printed them. */
  readonly failures: string;
}

/** A failed step before the tests counts as one failed test, because tests have not run. */
const STEP_FAILED: Outcome = { counts: { ...NO_TESTS, failed: 1 }, failures: "" };

const LAB_FOLDER = "tests/network/";
/** Folders of tests that need Chromium or the executable. */
const E2E_FOLDERS = ["tests/e2e/", LAB_FOLDER];

interface Arguments {
  readonly unit: boolean;
  readonly e2e: boolean;
  /** Files and folders; none: all. */
  readonly paths: readonly string[];
  /** For `deno test`. */
  readonly options: readonly string[];
}

/** Reads the command line; see the top of this file. */
export function parseArguments(given: readonly string[]): Arguments {
  const args = withoutSeparator(given);
  const own = args.filter((arg) => arg === "--unit" || arg === "--e2e");
  const rest = args.filter((arg) => arg !== "--unit" && arg !== "--e2e");
  const isPath = (arg: string) => /^(\.\/)?tests(\/|$)/.test(arg);
  return {
    unit: own.length === 0 || own.includes("--unit"),
    e2e: own.length === 0 || own.includes("--e2e"),
    paths: rest.filter(isPath).map((path) => path.replace(/^\.\//, "")),
    options: rest.filter((arg) => !isPath(arg)),
  };
}

/** The test files of one kind below `paths`; all of that kind when `paths` is empty. */
export function chooseFiles(
  files: readonly string[],
  kind: "unit" | "e2e",
  paths: readonly string[],
): string[] {
  const isBelow = (file: string) =>
    paths.some((path) => file === path || file.startsWith(`${path.replace(/\/$/, "")}/`));
  return files.filter((file) =>
    /_test\.tsx?$/.test(file) &&
    E2E_FOLDERS.some((folder) => file.startsWith(folder)) === (kind === "e2e") &&
    (paths.length === 0 || isBelow(file))
  );
}

async function runTests({ unit, e2e, paths, options }: Arguments): Promise<Outcome> {
  await setUpPackages();
  const files = await listFiles(ROOT, "tests");
  const outcomes: Outcome[] = [];
  const unitFiles = unit ? chooseFiles(files, "unit", paths) : [];
  if (unitFiles.length > 0) {
    const env = { DENO_JOBS: Deno.env.get("DENO_JOBS") ?? "2" };
    outcomes.push(await denoTest([...options, "--parallel", ...unitFiles], { env }));
  }
  const e2eFiles = e2e ? chooseFiles(files, "e2e", paths) : [];
  if (e2eFiles.length > 0) outcomes.push(...await runE2e(e2eFiles, options));
  return {
    counts: outcomes.map(({ counts }) => counts).reduce(addCounts, NO_TESTS),
    failures: outcomes.map(({ failures }) => failures).filter(Boolean).join("\n\n"),
  };
}

async function runE2e(files: readonly string[], options: readonly string[]): Promise<Outcome[]> {
  try {
    const env = { EGOAT_CHROMIUM: await setUpChromium(), EGOAT_EXECUTABLE: await executable() };
    const inLab = files.filter((file) => file.startsWith(LAB_FOLDER));
    const others = files.filter((file) => !inLab.includes(file));
    const groups = [others, inLab].filter((group) => group.length > 0);
    return await Promise.all(
      // The lines of two runs would be mixed, so those of the second are shown at its end.
      groups.map((group, index) =>
        denoTest([...options, ...group], { env, isShownLate: index > 0 })
      ),
    );
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return [{ ...STEP_FAILED, failures: `error: ${error.message}` }];
  }
}

/** The executable under test: the one that `EGOAT_EXECUTABLE` names, else one compiled now. */
async function executable(): Promise<string> {
  const given = Deno.env.get("EGOAT_EXECUTABLE");
  if (given) return given;
  for (const script of ["build", "compile"]) {
    if (await runDeno(["run", "-A", `${ROOT}/scripts/${script}.ts`]) !== 0) {
      throw new ScriptError(`the executable could not be made: ${script} failed, see above`);
    }
  }
  return `${ROOT}/dist/e-goat${Deno.build.os === "windows" ? ".exe" : ""}`;
}

/** Runs `deno test`. Types are not checked here: `task check` checks all of them once. */
async function denoTest(
  args: readonly string[],
  { env, isShownLate = false }: { env: Record<string, string>; isShownLate?: boolean },
): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", ...args],
    cwd: ROOT,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const bytes of child.stdout) {
    if (!isShownLate) Deno.stdout.writeSync(bytes);
    output += decoder.decode(bytes, { stream: true });
  }
  const { code } = await child.status;
  if (isShownLate) console.log(output);
  return { counts: countTests(output, code), failures: code === 0 ? "" : findFailures(output) };
}

if (import.meta.main) {
  let outcome = STEP_FAILED;
  try {
    outcome = await runTests(parseArguments(Deno.args));
  } catch (error) {
    if (!(error instanceof ScriptError)) console.error(error);
    else console.error(`error: ${error.message}`);
  }
  // Printed again at the very end, because a log is often kept, and read, from its end.
  if (outcome.failures) console.log(`\n${outcome.failures}`);
  console.log(`\n${formatCounts(outcome.counts)}`);
  Deno.exit(isSuccess(outcome.counts) ? 0 : 1);
}
