import assert from "node:assert/strict";
import {
  DEFAULT_SETTINGS,
  helpText,
  parseCommand,
  type Settings,
  settingsMarkdown,
} from "../../../server/mod.ts";
import { defaultDbPath } from "../../../server/settings/data_folder.ts";
import { SETTINGS } from "../../../server/settings/settings.ts";
import { UserError } from "../../../transport/errors.ts";

interface Sources {
  args?: string[];
  env?: Record<string, string>;
  dotEnv?: Record<string, string>;
}

function settingsOf({ args = [], env = {}, dotEnv = {} }: Sources): Settings {
  const command = parseCommand({ args, env, dotEnv });
  assert.equal(command.kind, "run");
  return command.kind === "run" ? command.settings : assert.fail();
}

function mistakeOf(sources: Sources): string {
  try {
    settingsOf(sources);
  } catch (error) {
    assert(error instanceof UserError);
    assert(!error.message.includes("\n"));
    return error.message;
  }
  return assert.fail("nothing was refused");
}

Deno.test("settings without any source are the defaults", () => {
  assert.deepEqual(settingsOf({}), DEFAULT_SETTINGS);
});

Deno.test("a flag is understood with one dash or two, with an equals sign or a space", () => {
  for (
    const args of [["--http-port", "81"], ["-http-port", "81"], ["--http-port=81"], [
      "-http-port=81",
    ]]
  ) {
    assert.equal(settingsOf({ args }).httpPort, 81, args.join(" "));
  }
});

Deno.test("a flag comes before the environment, that before .env, that before the default", () => {
  const dotEnv = { EGOAT_HTTP_PORT: "1", EGOAT_DB: "dot.db", EGOAT_HOST: "127.0.0.1" };
  const env = { EGOAT_HTTP_PORT: "2", EGOAT_DB: "env.db" };
  const settings = settingsOf({ args: ["--http-port", "3"], env, dotEnv });
  assert.deepEqual([settings.httpPort, settings.db, settings.host], [3, "env.db", "127.0.0.1"]);
  assert.equal(settings.wsPort, DEFAULT_SETTINGS.wsPort);
});

Deno.test("every value reaches its setting", () => {
  const args = [
    ...[
      "--host",
      "::1",
      "--ws-port",
      "0",
      "--db",
      "/x.db",
      "--public-base",
      "https://Chat.Example/",
    ],
    ...["--stun-port", "0", "--strategy", "relay-safe"],
    ...["--stun-url", "stun:a:1,stun:b:2", "--turn-url", "turn:t:3478?transport=tcp"],
    ...[
      "--turn-username",
      "u",
      "--turn-credential",
      "p",
      "--turn-secret",
      "s",
      "--rate-limit",
      "0",
    ],
    ...["--admin-token", "abcdefghij-_0123", "--trust-proxy", "127.0.0.1, ::1,10.0.0.0/8"],
    ...["--max-db-size", "2GB"],
    ...["--allow-host", "a.example,b:80", "--allow-host", "c", "--heartbeat-interval", "500ms"],
    ...["--peer-timeout", "1m", "--tls-cert", "c.pem", "--tls-key", "k.pem"],
    ...["--log-level", "debug", "--log-format", "json"],
  ];
  assert.deepEqual(settingsOf({ args }), {
    host: "::1",
    httpPort: 8080,
    wsPort: null,
    db: "/x.db",
    publicBase: "https://chat.example",
    stunUrls: ["stun:a:1", "stun:b:2"],
    stunPort: null,
    turnUrls: ["turn:t:3478?transport=tcp"],
    turnUsername: "u",
    turnCredential: "p",
    turnSecret: "s",
    strategy: "relay-safe",
    rateLimit: 0,
    allowHosts: ["a.example", "b:80", "c"],
    trustProxy: ["127.0.0.1", "::1", "10.0.0.0/8"],
    adminToken: "abcdefghij-_0123",
    heartbeatIntervalMs: 500,
    maxDbBytes: 2e9,
    peerTimeoutMs: 60_000,
    tlsCert: "c.pem",
    tlsKey: "k.pem",
    logLevel: "debug",
    logFormat: "json",
  });
});

Deno.test("--stun-url none leaves no STUN server", () => {
  assert.deepEqual(settingsOf({ args: ["--stun-url", "none"] }).stunUrls, []);
});

Deno.test("times are seconds unless they say otherwise", () => {
  const env = { HEARTBEAT_INTERVAL: "2.5", PEER_TIMEOUT: "20s" };
  const { heartbeatIntervalMs, peerTimeoutMs } = settingsOf({ env });
  assert.deepEqual([heartbeatIntervalMs, peerTimeoutMs], [2500, 20_000]);
});

const MISTAKES: [string, Sources, RegExp][] = [
  [
    "an unknown flag suggests the nearest",
    { args: ["--htp-port", "1"] },
    /did you mean --http-port/,
  ],
  [
    "a far-off flag is sent to --help",
    { args: ["--frobnicate"] },
    /Unknown flag --frobnicate.*--help/,
  ],
  ["a flag is named as it was written", { args: ["-htp-port=1"] }, /^Unknown flag -htp-port: /],
  ["a letter is like no flag", { args: ["-x"] }, /^Unknown flag -x: see --help$/],
  ["a word is no flag", { args: ["start"] }, /^"start" is not a flag: see --help$/],
  ["a word may lack its dashes", { args: ["http-port"] }, /^"http-port" is not .* --http-port\?$/],
  ["a word may be a command", { args: ["docter"] }, /^"docter" is not a flag: .* mean doctor\?$/],
  ["a dash too many", { args: ["---http-port", "1"] }, /^"---http-port" is not .* --http-port\?$/],
  ["dashes alone", { args: ["---"] }, /^"---" is not a flag: see --help$/],
  ["one dash alone", { args: ["-"] }, /^"-" is not a flag: see --help$/],
  ["a second --", { args: ["--", "--", "--host", "x"] }, /^"--" is not a flag: see --help$/],
  ["a value without a name", { args: ["--=x"] }, /^"--=x" is not a flag: see --help$/],
  ["an argument of nothing", { args: [""] }, /^An argument is empty: see --help$/],
  ["-- is no value", { args: ["--db", "--"] }, /--db needs a value/],
  ["a flag without its value says what it takes", { args: ["--db"] }, /--db needs a value.*<path>/],
  ["a flag is no value", { args: ["--db", "--host", "x"] }, /--db needs a value/],
  ["a port is a number", { args: ["--http-port", "http"] }, /--http-port must be a whole number/],
  ["a port is at most 65535", { args: ["--http-port", "65536"] }, /from 0 to 65535, not "65536"/],
  ["a variable is named", { env: { EGOAT_WS_PORT: "x" } }, /^EGOAT_WS_PORT must be/],
  [
    "a line of .env is named",
    { dotEnv: { EGOAT_WS_PORT: "x" } },
    /^EGOAT_WS_PORT in \.env must be/,
  ],
  ["a public base is a URL", { args: ["--public-base", "chat"] }, /must be like https:/],
  ["a public base has no path", { args: ["--public-base", "https://a/b"] }, /without a path/],
  ["a STUN URL has its scheme", { args: ["--stun-url", "a:1"] }, /must be like stun:/],
  ["a time has a known unit", { args: ["--peer-timeout", "1h"] }, /must be a time like 10s/],
  ["a size has a known unit", { args: ["--max-db-size", "10"] }, /a size like 10GB/],
  ["a size has room for the log", { args: ["--max-db-size", "1MB"] }, /at least 32MB/],
  ["a time of nothing is refused", { args: ["--heartbeat-interval", "0"] }, /at least 10ms/],
  [
    "the timeout is longer than the heartbeat",
    { args: ["--peer-timeout", "10s"] },
    /longer than --heartbeat-interval/,
  ],
  ["a certificate needs its key", { args: ["--tls-cert", "c"] }, /go together/],
  ["TURN needs a login", { args: ["--turn-url", "turn:a:1"] }, /--turn-url needs/],
  ["the ports differ", { args: ["--ws-port", "8080"] }, /--ws-port must differ/],
  [
    "a proxy is an address",
    { args: ["--trust-proxy", "nginx"] },
    /^--trust-proxy must be IP addresses and CIDR blocks like .*, not "nginx"$/,
  ],
  [
    "a block has at most all bits",
    { env: { EGOAT_TRUST_PROXY: "::1,10.0.0.0/33" } },
    /^EGOAT_TRUST_PROXY must be IP addresses/,
  ],
  ["a log level is one of four", { args: ["--log-level", "loud"] }, /error, warn, info, debug/],
];

for (const [name, sources, expected] of MISTAKES) {
  Deno.test("a size is read in any unit, and 0 is no limit", () => {
    const sizes = ["10GB", "1.5 gb", "500MB", "0"].map((size) =>
      settingsOf({ args: ["--max-db-size", size] }).maxDbBytes
    );
    assert.deepEqual(sizes, [10e9, 1.5e9, 500e6, null]);
  });

  Deno.test(`settings: ${name}`, () => assert.match(mistakeOf(sources), expected));
}

Deno.test("-- before the arguments changes nothing", () => {
  assert.equal(settingsOf({ args: ["--", "--http-port", "81"] }).httpPort, 81);
  assert.deepEqual(settingsOf({ args: ["--"] }), DEFAULT_SETTINGS);
  for (const args of [["doctor", "--", "http://a:1"], ["--", "doctor", "http://a:1"]]) {
    const command = parseCommand({ args, env: {}, dotEnv: {} });
    assert.deepEqual(command, { kind: "doctor", nodeUrl: "http://a:1" });
  }
  const help = parseCommand({ args: ["doctor", "--", "--help"], env: {}, dotEnv: {} });
  assert.equal(help.kind, "help");
});

Deno.test("a secret that is refused is not shown", () => {
  assert.doesNotMatch(mistakeOf({ args: ["--turn-secret="] }), /not ""/);
  assert.doesNotMatch(mistakeOf({ args: ["--admin-token", "short+/"] }), /short/);
});

Deno.test("--help and --version win over everything else", () => {
  const env = { EGOAT_HTTP_PORT: "x" };
  for (const flag of ["--help", "-help", "-h"]) {
    assert.equal(parseCommand({ args: [flag], env, dotEnv: {} }).kind, "help");
  }
  assert.equal(parseCommand({ args: ["--version"], env, dotEnv: {} }).kind, "version");
});

Deno.test("help and the README's table name every flag and variable", () => {
  const help = helpText("1.2.3");
  const table = settingsMarkdown();
  for (const { flag, env } of SETTINGS) {
    assert(help.includes(`--${flag} `) && help.includes(env), flag);
    assert(table.includes(`--${flag} `) && table.includes(env), flag);
  }
});

Deno.test("the database lies in the platform's data folder", () => {
  assert.equal(defaultDbPath({ HOME: "/h" }, "linux"), "/h/.local/share/e-goat/chat.db");
  assert.equal(defaultDbPath({ HOME: "/h", XDG_DATA_HOME: "/d" }, "linux"), "/d/e-goat/chat.db");
  assert.equal(
    defaultDbPath({ HOME: "/h" }, "darwin"),
    "/h/Library/Application Support/e-goat/chat.db",
  );
  assert.equal(defaultDbPath({ LOCALAPPDATA: "C:\\L" }, "windows"), "C:\\L\\e-goat\\chat.db");
});
