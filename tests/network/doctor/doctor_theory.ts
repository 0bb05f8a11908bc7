/**
 * Findings that the doctor must report in each kind of home, derived from the kind alone. The lab's
 * servers are the node's STUN and a coturn with a second address. The coturn takes TURN over UDP, TCP
 * and TLS.
 */
import type { CheckId, Outcome } from "../../../transport/doctor/checks.ts";
import type { Home } from "../lab/home.ts";
import { type Filtering, HOME_KINDS, type HomeKind, type Mapping } from "../lab/theory.ts";

/** The outcome of a check, and a pattern for the detail in its line. */
export type Finding = readonly [outcome: Outcome, detail: RegExp];
export type Findings = Readonly<Record<CheckId, Finding>>;

const MAPPING: Readonly<Record<Mapping, Finding>> = {
  "none": ["ok", /^No NAT/],
  "endpoint-independent": ["ok", /^Endpoint-independent/],
  "address-and-port-dependent": ["limited", /^Address-and-port-dependent \("symmetric"\)/],
};

const FILTERING: Readonly<Record<Filtering, Finding>> = {
  "none": ["ok", /^No NAT/],
  "endpoint-independent": ["ok", /^Endpoint-independent/],
  "address-dependent": ["ok", /^Address-dependent/],
  "address-and-port-dependent": ["ok", /^Address-and-port-dependent/],
};

const SILENT: Finding = ["unknown", /^No STUN server answered$/];
const OPEN_CHANNEL: Finding = ["ok", /^Open straight to the node after \d+ ms$/];

/** Findings that the doctor must report in `home`. */
export function expectedFindings(home: Home): Findings {
  const kind: HomeKind = HOME_KINDS[home.kind];
  const { udp, tcp } = kind;
  const relay = (works: boolean): Finding =>
    works
      ? ["ok", /^A relay at \S+ \(turns?:turn\.lab:\d+/]
      : ["blocked", /^No relay from turns?:/];
  const hasChannel = udp !== null || tcp === "any";
  return {
    "node": ["ok", /^E-Goat \S+ answers in \d+ ms$/],
    "websocket": tcp === "proxy" ? ["blocked", /./] : ["ok", /^The node welcomes us/],
    "polling": ["ok", /^The node welcomes us/],
    "udp": udpFinding(home),
    "mapping": udp === null ? SILENT : MAPPING[udp.mapping],
    "filtering": udp === null ? SILENT : FILTERING[udp.filtering],
    "turn-udp": relay(udp !== null),
    "turn-tcp": relay(tcp === "any"),
    "turn-tls": relay(tcp === "any"),
    "datachannel": udp !== null
      ? OPEN_CHANNEL
      : hasChannel
      ? ["ok", /^Open through a TURN server after \d+ ms$/]
      : ["blocked", /^No DataChannel to the node came about$/],
    "message-size": hasChannel
      ? ["ok", /^256 KiB, to the node$/]
      : ["unknown", /^No DataChannel to the node/],
  };
}

/**
 * Both servers answer unless UDP is blocked. They see the same address and port unless the NAT maps by
 * destination.
 */
function udpFinding({ kind, wan }: Home): Finding {
  const { udp, family }: HomeKind = HOME_KINDS[kind];
  const node = family === 4 ? "198.51.100.10" : "[fd00:51::10]";
  const servers = [`stun:${node}:3478`, "stun:stun.lab:3478"].map(escape);
  if (udp === null) return ["blocked", new RegExp(`^No answer from ${servers.join(", ")}$`)];
  const own = "this computer's own address";
  const [first, second] = udp.mapping === "none"
    ? [own, own]
    : udp.mapping === "endpoint-independent"
    ? [`${escape(wan)}:(?<port>\\d+)`, `${escape(wan)}:\\k<port>`]
    : [`${escape(wan)}:(?<port>\\d+)`, `${escape(wan)}:(?!\\k<port>\\b)\\d+`];
  const [a, b] = servers;
  return ["ok", new RegExp(`^Seen as ${first} \\(${a}\\), ${second} \\(${b}\\)$`)];
}

function escape(text: string): string {
  return text.replace(/[.[\]]/g, "\\$&");
}
