/**
 * Every setting of a node, in one table: parsing, `--help` and the README's table come from it. A flag
 * overrides the environment, which overrides `.env`, which overrides the default. This file reads nothing
 * itself; `main.ts` hands the arguments and variables to `parse.ts`.
 */
import * as z from "zod/mini";
import { STRATEGIES, type Strategy } from "../../transport/protocol/mod.ts";
import { ADMIN_TOKEN } from "./admin_token.ts";
import { isAddressBlock } from "../ip_address.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "../log.ts";

export interface Settings {
  /** Address to listen on; null for all interfaces. */
  readonly host: string | null;
  /** 0: any free port. */
  readonly httpPort: number;
  /** The second port, for `/signal` alone; null: off. 0: any free port (tests only). */
  readonly wsPort: number | null;
  /** Path of the database; null: `chat.db` in the platform's data folder. */
  readonly db: string | null;
  /** Limit of the database and its log on the disk, in bytes; null: no limit. */
  readonly maxDbBytes: number | null;
  /** Origin that invite links begin with; null: the address that the request came to. */
  readonly publicBase: string | null;
  readonly stunUrls: readonly string[];
  /** UDP port of the node's own STUN server; null: off. 0: any free one (tests only). */
  readonly stunPort: number | null;
  readonly turnUrls: readonly string[];
  readonly turnUsername: string | null;
  readonly turnCredential: string | null;
  readonly turnSecret: string | null;
  /** Requests and frames a second for each address; 0: off. */
  readonly rateLimit: number;
  /** Strategy of peers that have not chosen one themselves. */
  readonly strategy: Strategy;
  /** Names, with or without a port, that the node also answers to. */
  readonly allowHosts: readonly string[];
  /** IP addresses and CIDR blocks of the reverse proxies whose headers tell a client's address. */
  readonly trustProxy: readonly string[];
  /** Token that the owner shows to read data of all rooms; null: made, and kept beside the database. */
  readonly adminToken: string | null;
  readonly heartbeatIntervalMs: number;
  readonly peerTimeoutMs: number;
  /** Paths of PEM files; both or neither. */
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** Two public servers with different owners: if one is down, direct paths still work. */
const PUBLIC_STUN = ["stun:stun.l.google.com:19302", "stun:stun.cloudflare.com:3478"];

export const DEFAULT_SETTINGS: Settings = {
  host: null,
  httpPort: 8080,
  wsPort: 9000,
  db: null,
  maxDbBytes: null,
  publicBase: null,
  stunUrls: PUBLIC_STUN,
  stunPort: 3478,
  turnUrls: [],
  turnUsername: null,
  turnCredential: null,
  turnSecret: null,
  // A person types ten keys a second. A page that joins a full room trickles about a thousand candidates,
  // which fit into the burst of four seconds' worth.
  rateLimit: 500,
  strategy: "auto",
  allowHosts: [],
  trustProxy: [],
  adminToken: null,
  heartbeatIntervalMs: 10_000,
  peerTimeoutMs: 15_000,
  tlsCert: null,
  tlsKey: null,
  logLevel: "info",
  logFormat: "text",
};

/** One row of the table. */
export interface Setting<K extends keyof Settings = keyof Settings> {
  readonly key: K;
  readonly flag: string;
  readonly env: string;
  /** Placeholder for the value in `--help`. */
  readonly value: string;
  /** The default in words. */
  readonly standard: string;
  readonly help: string;
  /** Turns the text into the value; its issues complete the sentence "--flag …". */
  readonly schema: z.ZodMiniType<Settings[K], string>;
}

function setting<K extends keyof Settings>(row: Setting<K>): Setting {
  return row as unknown as Setting;
}

const text = z.string().check(z.minLength(1, "must not be empty"));

function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.pipe(
    z.string().check(z.regex(/^\d{1,9}$/, message)),
    z.pipe(z.transform(Number), z.number().check(z.gte(min, message), z.lte(max, message))),
  );
}

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

const duration = z.pipe(
  z.string().check(
    z.regex(/^\d{1,6}(\.\d{1,3})?(ms|s|m)?$/, "must be a time like 10s, 500ms or 1m"),
  ),
  z.pipe(
    z.transform((value: string) => {
      const [, amount, unit] = /^([\d.]+)(\D*)$/.exec(value) ?? [];
      return Number(amount) * (MS_PER_UNIT[unit === "" ? "s" : unit!] ?? 1000);
    }),
    // Below this the node would do little but send pings.
    z.number().check(
      z.gte(10, "must be at least 10ms"),
      z.lte(86_400_000, "must be at most a day"),
    ),
  ),
);

const BYTES_PER_UNIT: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

/** Below this limit, the log, which may take 16 MiB, would leave no room for messages. */
const MIN_DB_BYTES = 32e6;

const size = z.pipe(
  z.string().check(
    z.regex(/^(0|\d{1,6}(\.\d{1,3})? ?(MB|GB|TB))$/i, "must be a size like 10GB or 500MB, or 0"),
  ),
  z.pipe(
    z.transform((value: string) => {
      const [, amount, unit = ""] = /^([\d.]+) ?(\D*)$/.exec(value) ?? [];
      return Math.round(Number(amount) * (BYTES_PER_UNIT[unit.toUpperCase()] ?? 1)) || null;
    }),
    z.nullable(z.number().check(z.gte(MIN_DB_BYTES, "must be at least 32MB"))),
  ),
);

function list(pattern: RegExp, problem: string) {
  return listOf((item) => pattern.test(item), problem);
}

function listOf(isFine: (item: string) => boolean, problem: string) {
  return z.pipe(
    z.string(),
    z.pipe(
      z.transform((value: string) =>
        value.split(",").map((item) => item.trim()).filter((item) => item !== "")
      ),
      z.array(z.string().check(z.refine(isFine, problem))),
    ),
  );
}

const stunUrls = z.pipe(
  z.pipe(z.string(), z.transform((value: string) => value.trim() === "none" ? "" : value)),
  list(/^stuns?:[^\s/]+$/, 'must be like stun:host:3478, several with commas, or "none"'),
);

const origin = z.pipe(
  z.string(),
  z.pipe(
    z.transform((value: string) => URL.parse(value)),
    z.pipe(
      z.custom<URL>(
        (url) => url instanceof URL && /^https?:$/.test(url.protocol) && url.pathname === "/",
        "must be like https://chat.example, without a path",
      ),
      z.transform((url: URL) => url.origin),
    ),
  ),
);

/** The table, in the order of `--help`. */
export const SETTINGS: readonly Setting[] = [
  setting({
    key: "host",
    flag: "host",
    env: "EGOAT_HOST",
    value: "<address>",
    standard: "all interfaces",
    help: "Address to listen on",
    schema: text,
  }),
  setting({
    key: "httpPort",
    flag: "http-port",
    env: "EGOAT_HTTP_PORT",
    value: "<port>",
    standard: "8080",
    help: "Port of the page and everything else; 0 takes any free one",
    schema: wholeNumber(0, 65535),
  }),
  setting({
    key: "wsPort",
    flag: "ws-port",
    env: "EGOAT_WS_PORT",
    value: "<port>",
    standard: "9000",
    help: "Second port, for /signal of older clients; 0 turns it off",
    schema: z.pipe(wholeNumber(0, 65535), z.transform((port: number) => port === 0 ? null : port)),
  }),
  setting({
    key: "db",
    flag: "db",
    env: "EGOAT_DB",
    value: "<path>",
    standard: "`chat.db` in the platform's data folder",
    help: "Where messages are stored",
    schema: text,
  }),
  setting({
    key: "maxDbBytes",
    flag: "max-db-size",
    env: "EGOAT_MAX_DB_SIZE",
    value: "<size>",
    standard: "no limit",
    help: "What the database may take on the disk, such as 10GB; further messages are refused",
    schema: size,
  }),
  setting({
    key: "publicBase",
    flag: "public-base",
    env: "EGOAT_PUBLIC_BASE",
    value: "<url>",
    standard: "the address that the request came to",
    help: "What invite links begin with",
    schema: origin,
  }),
  setting({
    key: "stunUrls",
    flag: "stun-url",
    env: "EGOAT_STUN_URL",
    value: "<urls>",
    standard: "two public ones",
    help: "STUN servers, with commas; none for closed networks",
    schema: stunUrls,
  }),
  setting({
    key: "stunPort",
    flag: "stun-port",
    env: "EGOAT_STUN_PORT",
    value: "<port>",
    standard: "3478",
    help: "UDP port where the node itself answers STUN; 0 turns it off",
    schema: z.pipe(wholeNumber(0, 65535), z.transform((port: number) => port === 0 ? null : port)),
  }),
  setting({
    key: "turnUrls",
    flag: "turn-url",
    env: "EGOAT_TURN_URL",
    value: "<urls>",
    standard: "none",
    help: "TURN servers, with commas",
    schema: list(/^turns?:[^\s/]+$/, "must be like turn:host:3478, several with commas"),
  }),
  setting({
    key: "turnUsername",
    flag: "turn-username",
    env: "EGOAT_TURN_USERNAME",
    value: "<name>",
    standard: "none",
    help: "User name for the TURN servers",
    schema: text,
  }),
  setting({
    key: "turnCredential",
    flag: "turn-credential",
    env: "EGOAT_TURN_CREDENTIAL",
    value: "<password>",
    standard: "none",
    help: "Password for the TURN servers",
    schema: text,
  }),
  setting({
    key: "turnSecret",
    flag: "turn-secret",
    env: "EGOAT_TURN_SECRET",
    value: "<secret>",
    standard: "none",
    help:
      "Shared secret from which short-lived TURN credentials are made (coturn's REST convention)",
    schema: text,
  }),
  setting({
    key: "strategy",
    flag: "strategy",
    env: "EGOAT_STRATEGY",
    value: "<strategy>",
    standard: "auto",
    help: `Which paths peers use that have not chosen themselves: ${STRATEGIES.join(", ")}`,
    schema: z.enum(STRATEGIES, `must be one of ${STRATEGIES.join(", ")}`),
  }),
  setting({
    key: "rateLimit",
    flag: "rate-limit",
    env: "EGOAT_RATE_LIMIT",
    value: "<number>",
    standard: "500",
    help:
      "Requests and frames a second from one address, with bursts of four times as many; 0 is off",
    schema: wholeNumber(0, 1_000_000),
  }),
  setting({
    key: "allowHosts",
    flag: "allow-host",
    env: "EGOAT_ALLOW_HOST",
    value: "<names>",
    standard: "localhost, IP addresses and the public base",
    help: "Further host names the node answers to, with commas",
    schema: list(/^[\w.-]+(:\d{1,5})?$/, "must be host names like chat.example, with commas"),
  }),
  setting({
    key: "trustProxy",
    flag: "trust-proxy",
    env: "EGOAT_TRUST_PROXY",
    value: "<addresses>",
    standard: "none",
    help:
      "Reverse proxies whose X-Forwarded-For, -Proto and -Host, or Forwarded, count: IP addresses and CIDR blocks, with commas",
    schema: listOf(
      isAddressBlock,
      "must be IP addresses and CIDR blocks like 127.0.0.1,::1,10.0.0.0/8",
    ),
  }),
  setting({
    key: "adminToken",
    flag: "admin-token",
    env: "EGOAT_ADMIN_TOKEN",
    value: "<token>",
    standard: "made at the first start, in `admin-token` beside the database",
    help: "What /metrics and the lists of all rooms ask for, as a bearer token",
    schema: z.string().check(
      z.regex(ADMIN_TOKEN, "must be 16 to 128 letters, digits, - and _"),
    ),
  }),
  setting({
    key: "heartbeatIntervalMs",
    flag: "heartbeat-interval",
    env: "HEARTBEAT_INTERVAL",
    value: "<time>",
    standard: "10s",
    help: "Silence after which a peer is asked whether it is there",
    schema: duration,
  }),
  setting({
    key: "peerTimeoutMs",
    flag: "peer-timeout",
    env: "PEER_TIMEOUT",
    value: "<time>",
    standard: "15s",
    help: "Silence after which a peer is announced as gone",
    schema: duration,
  }),
  setting({
    key: "tlsCert",
    flag: "tls-cert",
    env: "EGOAT_TLS_CERT",
    value: "<file>",
    standard: "plain HTTP",
    help: "Certificate chain in PEM, to serve HTTPS",
    schema: text,
  }),
  setting({
    key: "tlsKey",
    flag: "tls-key",
    env: "EGOAT_TLS_KEY",
    value: "<file>",
    standard: "plain HTTP",
    help: "The certificate's private key in PEM",
    schema: text,
  }),
  setting({
    key: "logLevel",
    flag: "log-level",
    env: "EGOAT_LOG_LEVEL",
    value: "<level>",
    standard: "info",
    help: "error, warn, info or debug",
    schema: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`),
  }),
  setting({
    key: "logFormat",
    flag: "log-format",
    env: "EGOAT_LOG_FORMAT",
    value: "<format>",
    standard: "text",
    help: "text, or json for machines",
    schema: z.enum(LOG_FORMATS, `must be one of ${LOG_FORMATS.join(", ")}`),
  }),
];
