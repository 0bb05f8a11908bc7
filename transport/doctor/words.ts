/** The texts of the checks of `doctor.ts`: findings and advice. No network here. */
import type { Check, CheckId, Outcome, TurnKind } from "./checks.ts";
import type { NatBehaviour, StunReport } from "./ice_probe.ts";
import type { Tier } from "../protocol/mod.ts";
import type { SocketAddress } from "../stun_message.ts";

const LABELS: Readonly<Record<CheckId, string>> = {
  "node": "The node",
  "websocket": "WebSocket",
  "polling": "HTTP polling",
  "udp": "UDP and STUN",
  "mapping": "NAT mapping",
  "filtering": "NAT filtering",
  "turn-udp": "TURN over UDP",
  "turn-tcp": "TURN over TCP",
  "turn-tls": "TURN over TLS",
  "datachannel": "DataChannel",
  "message-size": "Largest message",
};

function check(
  id: CheckId,
  outcome: Outcome,
  { detail, help = null }: { detail: string; help?: string | null },
): Check {
  return { id, label: LABELS[id], outcome, detail, help };
}

function inMs(ms: number): string {
  return `${Math.max(1, Math.round(ms))} ms`;
}

export function nodeAnswers(version: string, ms: number): Check {
  return check("node", "ok", { detail: `E-Goat ${version} answers in ${inMs(ms)}` });
}

export function noNode(url: string): Check {
  return check("node", "blocked", {
    detail: `${url} does not answer`,
    help: "See that the node runs, that the address is right, and that no firewall is in between",
  });
}

export function notANode(url: string): Check {
  return check("node", "blocked", {
    detail: `What answers at ${url} is not a node`,
    help: "See that the address is the node's own, and that no proxy or sign-in page is in between",
  });
}

export function joined(id: "websocket" | "polling", ms: number): Check {
  return check(id, "ok", { detail: `The node welcomes us after ${inMs(ms)}` });
}

export function notJoined(id: "websocket" | "polling", reason: string | null): Check {
  const detail = reason ?? "No welcome came in time";
  const help = id === "websocket"
    ? "A proxy may strip the upgrade: serve the node over HTTPS (--tls-cert), or let /signal through. Polling takes over meanwhile"
    : "Let GET and POST /signal through to the node, held open for up to 25 s";
  return check(id, "blocked", { detail, help });
}

/** For checks without the node's `welcome`, which lists the servers. */
export const NOT_TOLD = "The node could not tell which servers there are";

export const STUN_HELP =
  "The node answers STUN itself when --stun-port is set; --stun-url names others";

/** The three checks that need STUN, when it can't be asked. */
export function noStun(detail: string, help: string | null = null): readonly Check[] {
  return [
    check("udp", "unknown", { detail, help }),
    check("mapping", "unknown", { detail }),
    check("filtering", "unknown", { detail }),
  ];
}

export function stunChecks(
  urls: readonly string[],
  report: StunReport,
  mapping: NatBehaviour | null,
): readonly Check[] {
  return [udp(urls, report), mappingCheck(report, mapping), filteringCheck(report, mapping)];
}

function udp(urls: readonly string[], { answered }: StunReport): Check {
  const silent = urls.filter((url) => !answered.some(({ server }) => server === url));
  if (answered.length === 0) {
    return check("udp", "blocked", {
      detail: `No answer from ${urls.join(", ")}`,
      help:
        "Allow UDP out, to the STUN port at least; a TURN server over TCP or TLS helps where that can't be",
    });
  }
  const seen = answered.map(({ server, seen }) =>
    `${seen === null ? "this computer's own address" : shown(seen)} (${server})`
  );
  const rest = silent.length === 0 ? "" : `; no answer from ${silent.join(", ")}`;
  return check("udp", "ok", { detail: `Seen as ${seen.join(", ")}${rest}` });
}

function shown({ address, port }: SocketAddress): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function mappingCheck({ answered }: StunReport, mapping: NatBehaviour | null): Check {
  switch (mapping) {
    case "none":
      return check("mapping", "ok", {
        detail: "No NAT between here and the STUN servers that answered",
      });
    case "endpoint-independent":
      return check("mapping", "ok", {
        detail: "Endpoint-independent: others can be told where to reach us",
      });
    case null:
      return check("mapping", "unknown", {
        detail: answered.length === 0
          ? "No STUN server answered"
          : "It takes answers from two STUN servers beyond the NAT to tell",
        help: answered.length === 0 ? null : "Add another STUN server to the node (--stun-url)",
      });
    default:
      return check("mapping", "limited", {
        detail: `${capital(mapping)} ("symmetric"): others see another port than we can tell them`,
        help:
          "A TURN server (--turn-url on the node) connects two networks like this; IPv6 needs no NAT",
      });
  }
}

function filteringCheck({ answered, filtering }: StunReport, mapping: NatBehaviour | null): Check {
  if (mapping === "none") {
    return check("filtering", "ok", { detail: "No NAT to filter; a firewall may still do so" });
  }
  if (answered.length === 0) {
    return check("filtering", "unknown", { detail: "No STUN server answered" });
  }
  if (filtering === null) {
    return check("filtering", "unknown", {
      detail: "Not measurable here: it takes a STUN server with a second address (RFC 5780)",
    });
  }
  return check("filtering", "ok", { detail: FILTERING_WORDS[filtering] });
}

const FILTERING_WORDS: Readonly<Record<NatBehaviour, string>> = {
  "none": "Nothing is filtered",
  "endpoint-independent": "Endpoint-independent: anyone may answer",
  "address-dependent": "Address-dependent: who was written to may answer, from any port",
  "address-and-port-dependent": "Address-and-port-dependent: only what was written to may answer",
};

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The transport to the TURN server at `url` (RFC 7065); null for other URLs. */
export function turnKind(url: string): TurnKind | null {
  if (/^turns:/i.test(url)) return "tls";
  if (!/^turn:/i.test(url)) return null;
  return /[?&]transport=tcp\b/i.test(url) ? "tcp" : "udp";
}

const TURN_EXAMPLES: Readonly<Record<TurnKind, string>> = {
  udp: "turn:host:3478",
  tcp: "turn:host:3478?transport=tcp",
  tls: "turns:host:5349",
};

const TURN_REASONS: Readonly<Record<TurnKind, string>> = {
  udp: "connects peers behind NATs that map by destination",
  tcp: "connects peers where UDP is blocked",
  tls: "connects peers where only HTTPS gets out",
};

export function noTurn(kind: TurnKind): Check {
  return check(`turn-${kind}`, "unknown", {
    detail: "None is set",
    help: `--turn-url ${TURN_EXAMPLES[kind]} on the node ${TURN_REASONS[kind]}`,
  });
}

export function untoldTurn(kind: TurnKind): Check {
  return check(`turn-${kind}`, "unknown", { detail: NOT_TOLD });
}

/** The answer of one TURN server. */
export interface TurnAnswer {
  readonly server: string;
  /** Null when the server gave none. */
  readonly relay: SocketAddress | null;
  /** Why its certificate is not trusted; null when it is trusted or was not checked. */
  readonly distrust: string | null;
}

export function turnCheck(kind: TurnKind, answers: readonly TurnAnswer[]): Check {
  const working = answers.filter(({ relay }) => relay !== null);
  const names = (some: readonly { server: string }[]) =>
    some.map(({ server }) => server).join(", ");
  if (working.length === 0) {
    const distrust = answers.find(({ distrust }) => distrust !== null)?.distrust;
    if (distrust) {
      return check(`turn-${kind}`, "blocked", {
        detail: `No relay from ${names(answers)}: a certificate is not trusted here (${distrust})`,
        help: "Give the server a certificate for its name that browsers trust",
      });
    }
    return check(`turn-${kind}`, "blocked", {
      detail: `No relay from ${names(answers)}`,
      help: "See that the server runs, that its port is open here, and that its login is right" +
        (kind === "tls" ? "; and that its certificate is one that browsers trust" : ""),
    });
  }
  const silent = answers.filter(({ relay }) => relay === null);
  const relays = working.map(({ server, relay }) => `${shown(relay!)} (${server})`).join(", ");
  const rest = silent.length === 0 ? "" : `; none from ${names(silent)}`;
  return check(`turn-${kind}`, "ok", { detail: `A relay at ${relays}${rest}` });
}

/** The two checks that need WebRTC, where there is none. */
export function noWebRtc(): readonly Check[] {
  const detail = "There is no WebRTC here";
  const help = "Another browser, or other settings of this one, would allow direct connections";
  return [
    check("datachannel", "blocked", { detail, help }),
    check("message-size", "unknown", { detail }),
  ];
}

export function noEndpoint(isJoined: boolean): Check {
  return check("datachannel", "unknown", {
    detail: isJoined
      ? "The node has no WebRTC endpoint to try"
      : "Needs a WebSocket or polling first",
  });
}

export function channelOpen(tier: Tier, ms: number): Check {
  const way = tier === "webrtc-turn" ? "through a TURN server" : "straight to the node";
  return check("datachannel", "ok", { detail: `Open ${way} after ${inMs(ms)}` });
}

export function channelBlocked(): Check {
  return check("datachannel", "blocked", {
    detail: "No DataChannel to the node came about",
    help:
      "Allow UDP between here and the node, or set a TURN server; messages go through it anyway",
  });
}

/** `bytes` is the size of the largest message that came back, 0 for none; `where` names the other end. */
export function messageSize(bytes: number, where: string): Check {
  if (bytes === 0) {
    return check("message-size", "unknown", {
      detail: `No DataChannel to ${where} to send one on`,
    });
  }
  const detail = `${bytes / 1024} KiB, to ${where}`;
  if (bytes >= 256 * 1024) return check("message-size", "ok", { detail });
  return check("message-size", "limited", {
    detail,
    help: "Long messages go through the node; a newer browser takes 256 KiB",
  });
}
