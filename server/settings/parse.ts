/**
 * Reads the settings of a node from its arguments and variables, by the table of `settings.ts`. The error
 * for a mistake is one line that names the flag or variable and how to fix it.
 */
import { UserError } from "../../transport/errors.ts";
import { DEFAULT_SETTINGS, type Setting, SETTINGS, type Settings } from "./settings.ts";

/** The command that the arguments ask for. */
export type Command =
  | { readonly kind: "run"; readonly settings: Settings }
  /** Checks the network between here and the node at `nodeUrl`. */
  | { readonly kind: "doctor"; readonly nodeUrl: string }
  /** Checks the whole database; `db` as in {@linkcode Settings}. */
  | { readonly kind: "check"; readonly db: string | null }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

export interface CommandSources {
  readonly args: readonly string[];
  /** Variables by name. If a name is in both, `env` counts. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dotEnv: Readonly<Record<string, string | undefined>>;
}

/**
 * Parses `sources`. Both `-http-port=8080` and `--http-port 8080` are understood, with and without the `--`
 * that npm needs before them. A flag that takes a list may be repeated. Empty variables count as not set.
 * @throws {UserError} `bad-request`, one line that names the flag or variable and how to fix it.
 */
export function parseCommand(sources: CommandSources): Command {
  const args = withoutSeparator(sources.args);
  if (args[0] === "doctor") return parseDoctor(withoutSeparator(args.slice(1)));
  if (args[0] === "check") return parseCheck(withoutSeparator(args.slice(1)), sources);
  const flags = parseFlags(args);
  if (flags === "help" || flags === "version") return { kind: flags };
  const values: Partial<Record<keyof Settings, unknown>> = {};
  for (const row of SETTINGS) {
    const found = find(row, flags, sources);
    if (found !== null) values[row.key] = parseValue(row, found);
  }
  const settings = { ...DEFAULT_SETTINGS, ...values } as Settings;
  checkTogether(settings);
  return { kind: "run", settings };
}

function parseDoctor(args: readonly string[]): Command {
  const [text = `http://localhost:${DEFAULT_SETTINGS.httpPort}`, ...more] = args;
  if (["--help", "-help", "-h"].includes(text)) return { kind: "help" };
  const url = URL.parse(text);
  const isNode = url !== null && /^https?:$/.test(url.protocol);
  if (isNode && more.length === 0) return { kind: "doctor", nodeUrl: url.origin };
  const given = isNode ? more.join(" ") : text;
  throw mistake(
    `doctor takes the address of a node, such as http://localhost:8080, not "${given}"`,
  );
}

function parseCheck(args: readonly string[], sources: CommandSources): Command {
  const flags = parseFlags(args);
  if (flags === "help" || flags === "version") return { kind: flags };
  const other = [...flags.keys()].find((flag) => flag !== "db");
  if (other !== undefined) throw mistake(`check takes no flag but --db <path>, not --${other}`);
  const row = SETTINGS.find(({ key }) => key === "db")!;
  const found = find(row, flags, sources);
  return { kind: "check", db: found === null ? null : parseValue(row, found) as string };
}

/** Returns `args` without a `--` at their start. */
function withoutSeparator(args: readonly string[]): readonly string[] {
  return args[0] === "--" ? args.slice(1) : args;
}

interface Found {
  readonly text: string;
  /** The flag or variable in which the user set it. */
  readonly source: string;
}

function parseFlags(args: readonly string[]): Map<string, string> | "help" | "version" {
  const flags = new Map<string, string>();
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name, inline] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name === undefined) throw mistake(notAFlag(arg));
    if (name === "help" || name === "h") return "help";
    if (name === "version" || name === "v") return "version";
    const row = SETTINGS.find((candidate) => candidate.flag === name);
    if (row === undefined) throw mistake(`Unknown flag ${arg.split("=")[0]}: ${hint(name)}`);
    const value = inline ?? rest.shift();
    if (value === undefined || (inline === undefined && value.startsWith("--"))) {
      throw mistake(`--${name} needs a value: --${name} ${row.value}`);
    }
    const before = flags.get(name);
    const isList = Array.isArray(DEFAULT_SETTINGS[row.key]);
    flags.set(name, isList && before !== undefined ? `${before},${value}` : value);
  }
  return flags;
}

function find(row: Setting, flags: Map<string, string>, sources: CommandSources): Found | null {
  const flag = flags.get(row.flag);
  if (flag !== undefined) return { text: flag, source: `--${row.flag}` };
  const env = sources.env[row.env] || undefined;
  if (env !== undefined) return { text: env, source: row.env };
  const dotEnv = sources.dotEnv[row.env] || undefined;
  if (dotEnv !== undefined) return { text: dotEnv, source: `${row.env} in .env` };
  return null;
}

function parseValue(row: Setting, { text, source }: Found): unknown {
  const result = row.schema.safeParse(text);
  if (result.success) return result.data;
  const problem = result.error.issues[0]?.message ?? "is not valid";
  const shown = SECRET_KEYS.has(row.key) ? "" : `, not "${text}"`;
  throw mistake(`${source} ${problem}${shown}`);
}

const SECRET_KEYS: ReadonlySet<keyof Settings> = new Set([
  "turnCredential",
  "turnSecret",
  "adminToken",
]);

function checkTogether(settings: Settings): void {
  if ((settings.tlsCert === null) !== (settings.tlsKey === null)) {
    throw mistake("--tls-cert and --tls-key go together: give both, or neither");
  }
  if (settings.peerTimeoutMs <= settings.heartbeatIntervalMs) {
    throw mistake("--peer-timeout must be longer than --heartbeat-interval");
  }
  const hasLogin = settings.turnUsername !== null && settings.turnCredential !== null;
  if (settings.turnUrls.length > 0 && !hasLogin && settings.turnSecret === null) {
    throw mistake("--turn-url needs --turn-username and --turn-credential, or --turn-secret");
  }
  if (settings.wsPort !== null && settings.wsPort !== 0 && settings.wsPort === settings.httpPort) {
    throw mistake("--ws-port must differ from --http-port; 0 turns it off");
  }
}

function mistake(message: string): UserError {
  return new UserError("bad-request", message);
}

function notAFlag(arg: string): string {
  if (arg === "") return "An argument is empty: see --help";
  const word = arg.replace(/^-+/, "").split("=")[0]!;
  // The user wrote too many or too few dashes, or meant one of the commands.
  return `"${arg}" is not a flag: ${word === "" ? "see --help" : hint(word, ["doctor", "check"])}`;
}

/** Suggests the flag, or the one of `words`, that is most similar to `name`. */
function hint(name: string, words: readonly string[] = []): string {
  const flags = [...SETTINGS.map((row) => row.flag), "help", "version"];
  const [nearest] = [
    ...flags.map((flag) => ({ word: flag, shown: `--${flag}` })),
    ...words.map((word) => ({ word, shown: word })),
  ]
    .map(({ word, shown }) => ({ shown, distance: editDistance(name, word) }))
    .sort((a, b) => a.distance - b.distance);
  // More than a third of the word (at least two letters), or all of it, is a guess, not a typo.
  const most = Math.min(name.length - 1, Math.max(2, name.length / 3));
  const isNear = nearest !== undefined && nearest.distance <= most;
  return isNear ? `did you mean ${nearest.shown}?` : "see --help";
}

/** Returns how many letters to insert, drop or change to get from `a` to `b` (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
