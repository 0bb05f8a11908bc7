/**
 * Why a path is not the best one: every code and its explanation, for the page and for a node's status. Pure:
 * no network here. `inferred_path.ts` decides which code a path has.
 */
import type { Tier } from "../protocol/mod.ts";

/** The codes are stable. Readers show an unknown code as it is. */
export type PathReason =
  /** The direct connection is being tried right now. */
  | "connecting"
  /** Tried and failed: the networks between the two let no direct connection through. */
  | "no-direct-route"
  /** Tried and failed: no STUN server answers over UDP here. */
  | "udp-blocked"
  /** Tried and failed: a TURN server could relay, and none is set. */
  | "no-turn"
  /** Tried and failed: only a relay would help, and this side allows no relay. */
  | "relay-refused"
  /** Tried and failed: only a relay would help, and the other side allows no relay. */
  | "peer-relay-refused"
  /** This side allows only relays, and no TURN server is set. */
  | "relay-only"
  /** This side allows only relays, and the TURN server did not get through. */
  | "relay-failed"
  /** The other side allows only relays. */
  | "peer-relay-only"
  /** The other side allows only relays, and the TURN server did not get through. */
  | "peer-relay-failed"
  /** The other side sends no messages through the node, so they do not reach this side. */
  | "peer-direct-only"
  /** The same, and this side's strategy rules out a direct connection. */
  | "direct-only-mismatch"
  /** The room is large: the node fans out between peers that are not neighbours. */
  | "mesh-full"
  /** This side's strategy allows no better path. */
  | "strategy"
  /** The other side's strategy allows no better path. */
  | "peer-strategy"
  /** The other side allows only relays, and this side allows no relay. */
  | "strategies-differ"
  /** This browser or this setting has no WebRTC. */
  | "webrtc-off"
  /** The other side is an older client or has no WebRTC. */
  | "peer-has-no-webrtc";

export interface Explanation {
  readonly why: string;
  readonly help: string;
}

/** The path to explain. */
export interface PathFacts {
  /** Null when there is no way to the peer. */
  readonly tier: Tier | null;
  /** A code that this version does not know is allowed. */
  readonly reason: string;
  readonly peer: string;
  /** Name of the path's owner, for other readers; null when the owner is the reader. */
  readonly self: string | null;
}

/** The words by which a sentence names the two sides. */
interface Voice {
  readonly peer: string;
  readonly you: string;
  readonly your: string;
  readonly here: string;
  readonly browser: string;
}

type Words = Readonly<Record<PathReason, (voice: Voice) => Explanation>>;

const WAITS = "What is said is kept until there is a direct connection: by the settings, nothing " +
  "goes through the node.";
/** For pairs that can't connect directly unless one side changes something. */
const MISSES =
  "What is said now does not reach them: by the settings, nothing goes through the node.";
const TURN_HELPS = "A TURN server set on the node would help.";
const OTHER_PATHS_HELP = "It would help if one of the two chose other paths in the settings.";
const KEEPS_ADDRESS = ({ peer }: Voice) => `${peer} keeps their address to themselves`;
const HIDES_ADDRESS = ({ your }: Voice) => `${your} settings hide the address from the others`;
const DIRECT_ONLY = ({ peer }: Voice) => `${peer} has chosen direct connections only`;

const WORDS: Words = {
  "connecting": () => ({
    why: "A direct connection is being tried right now.",
    help: "Nothing to do: messages already get through.",
  }),
  "no-direct-route": ({ you, peer }) => ({
    why: `The networks between ${you} and ${peer} let no direct connection through.`,
    help: "Being on the same network, one that lets UDP through, or a TURN server set on the " +
      "node would help.",
  }),
  "udp-blocked": ({ here, peer }) => ({
    why: `UDP is blocked ${here}, so no direct connection to ${peer} gets through.`,
    help: "Another network would help, or, where the settings allow relays, a TURN server over " +
      "TCP or TLS set on the node.",
  }),
  "no-turn": ({ you, peer }) => ({
    why: `The networks between ${you} and ${peer} need a relay, and no TURN server is set.`,
    help: "A TURN server set on the node, or being on the same network, would help.",
  }),
  "relay-refused": ({ you, your, peer }) => ({
    why: `The networks between ${you} and ${peer} let no direct connection through, and ${your} ` +
      "settings allow no relay.",
    help: "Being on the same network, or other paths in the settings, would help.",
  }),
  "peer-relay-refused": ({ you, peer }) => ({
    why: `The networks between ${you} and ${peer} let no direct connection through, and ${peer} ` +
      "has chosen settings that allow no relay.",
    help: "Being on the same network would help, or other paths in their settings.",
  }),
  "relay-only": (voice) => ({
    why: `${HIDES_ADDRESS(voice)}, and no TURN server is set to relay.`,
    help: `${TURN_HELPS} So would other paths in the settings.`,
  }),
  "relay-failed": (voice) => ({
    why: `${HIDES_ADDRESS(voice)}, and the TURN server did not get through to ${voice.peer}.`,
    help: "Another TURN server set on the node, or other paths in the settings, would help.",
  }),
  "peer-relay-only": (voice) => ({
    why: `${KEEPS_ADDRESS(voice)}, and no TURN server is set to relay.`,
    help: TURN_HELPS,
  }),
  "peer-relay-failed": (voice) => ({
    why: `${KEEPS_ADDRESS(voice)}, and the TURN server did not get through to ${voice.you}.`,
    help: "Another TURN server set on the node would help.",
  }),
  "peer-direct-only": (voice) => ({
    why: `${DIRECT_ONLY(voice)}, and there is none: what they write does not reach ${voice.you}.`,
    help: "It would help if they chose other paths in their settings.",
  }),
  "direct-only-mismatch": (voice) => ({
    why:
      `${DIRECT_ONLY(voice)}, and ${voice.your} settings allow none with them: what they write ` +
      `does not reach ${voice.you}.`,
    help: OTHER_PATHS_HELP,
  }),
  "mesh-full": ({ you, peer }) => ({
    why: `The room is large: ${peer} is not among those who have a direct path to ${you}.`,
    help: "Nothing to do: the node passes everything on.",
  }),
  "strategy": ({ your }) => ({
    why: `${your} settings allow no direct connections.`,
    help: "Choose other paths in the settings.",
  }),
  "peer-strategy": ({ peer }) => ({
    why: `${peer} has chosen settings that allow no direct connections.`,
    help: "It would help if they chose other paths in their settings.",
  }),
  "strategies-differ": ({ peer, your }) => ({
    why: `${peer} takes direct connections through a relay alone, and ${your} settings allow no ` +
      "relay.",
    help: OTHER_PATHS_HELP,
  }),
  "webrtc-off": ({ browser }) => ({
    why: `WebRTC is off in ${browser}.`,
    help: "Turning it on, or another browser, would help.",
  }),
  "peer-has-no-webrtc": ({ peer }) => ({
    why: `${peer} uses a client without WebRTC, or has it off.`,
    help: "It would help if they opened the link in a current browser.",
  }),
};

/** The words for a path through a TURN server, where those above would ask for such a server. */
const RELAYED_WORDS: Readonly<Partial<Words>> = {
  "no-direct-route": (voice) => ({
    why: WORDS["no-direct-route"](voice).why,
    help: "Being on the same network, or one that lets UDP through, would help.",
  }),
  "peer-relay-only": (voice) => ({
    why: `${KEEPS_ADDRESS(voice)}.`,
    help: "Nothing to do: a TURN server relays.",
  }),
  "strategy": ({ your }) => ({
    why: `${your} settings keep the address from the others.`,
    help: "Nothing to do: a TURN server relays.",
  }),
};

/** Why a path is not the best one, and what would help. */
export function explainReason({ tier, reason, peer, self }: PathFacts): Explanation {
  const voice: Voice = self === null
    ? { peer, you: "you", your: "your", here: "here", browser: "this browser" }
    : {
      peer,
      you: self,
      your: `${self}'s`,
      here: `where ${self} is`,
      browser: `${self}'s browser`,
    };
  const relayed: Partial<Words> = tier === "webrtc-turn" ? RELAYED_WORDS : {};
  const words = isKnown(reason) ? relayed[reason] ?? WORDS[reason] : null;
  const { why, help } = words?.(voice) ?? {
    why: `The path is not direct, for a reason that this version does not know (${reason}).`,
    help: "A newer version may know it.",
  };
  return { why: why.charAt(0).toUpperCase() + why.slice(1), help: helpFor(tier, reason, help) };
}

/** Returns the help text. Without any path, it must not say that messages get through. */
function helpFor(tier: Tier | null, reason: string, help: string): string {
  if (tier !== null) return help;
  if (reason === "mesh-full") return MISSES;
  if (isRuledOut(reason)) return `${help} ${MISSES}`;
  return reason === "connecting" ? WAITS : `${help} ${WAITS}`;
}

const RULED_OUT: ReadonlySet<string | null> = new Set<PathReason>([
  "mesh-full",
  "peer-has-no-webrtc",
  "peer-strategy",
  "strategies-differ",
]);

/** Whether no direct path can open by itself, however long the session tries and waits. */
export function isRuledOut(reason: string | null): boolean {
  return RULED_OUT.has(reason);
}

function isKnown(reason: string): reason is PathReason {
  return Object.hasOwn(WORDS, reason);
}
