/** Strategies in words: the name of each one, and what it means for the user. Pure. */
import type { Strategy } from "../../transport/protocol/mod.ts";

interface StrategyWords {
  readonly title: string;
  readonly meaning: string;
}

const WORDS: Readonly<Record<Strategy, StrategyWords>> = {
  "auto": {
    title: "Automatic",
    meaning: "The best way there is: direct where the network allows it, else through the node.",
  },
  "p2p-only": {
    title: "Straight between people only",
    meaning:
      "Nothing you say goes through the node or is stored on it. Whoever cannot be reached " +
      "directly does not get it.",
  },
  "webrtc-stun": {
    title: "Direct without relays",
    meaning: "Only from computer to computer: through no TURN relay and not through the node, " +
      "which stores nothing of it.",
  },
  "relay-safe": {
    title: "Hide my address from the others",
    meaning: "Needs a TURN server for paths between people; without one, everything goes through " +
      "the node. The node itself sees your address.",
  },
  "websocket-only": {
    title: "WebSocket only",
    meaning: "Everything goes through the node, by one lasting connection.",
  },
  "http-only": {
    title: "HTTP polling only",
    meaning: "Everything goes through the node, by plain requests. Slower, for networks that " +
      "block everything else.",
  },
};

/** The words for a choice. Null is to follow the node, which asks for `told`, if that is known. */
export function strategyWords(choice: Strategy | null, told: Strategy | null): StrategyWords {
  if (choice !== null) return WORDS[choice];
  const meaning = told === null
    ? "What its owner set for everybody."
    : `What its owner set for everybody; now: ${WORDS[told].title}.`;
  return { title: "As this node says", meaning };
}
