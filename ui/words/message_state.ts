/** How far an own message has come, in words for a screen reader and as a mark for the eye. Pure. */
import type { Strategy } from "../../transport/protocol/mod.ts";
import { saysThroughNode } from "../../transport/paths/strategy.ts";
import type { ChatMessage } from "../../transport/view.ts";

/** The glyph under an own message. */
export type StateMark = "clock" | "dot" | "tick" | "double-tick" | "cross";

export interface StateWords {
  readonly mark: StateMark;
  readonly words: string;
  /** Text beside the mark, such as "2/3" while some peers have the message and some don't. */
  readonly short: string;
}

/** `strategy` is our own. With some strategies nothing goes through the node or is stored there. */
export function stateWords(message: ChatMessage, strategy: Strategy): StateWords {
  const count = message.delivered;
  const audience = Math.max(message.audience, count);
  const isEverywhere = count > 0 && count === audience;
  const short = count > 0 && !isEverywhere ? `${count}/${audience}` : "";
  const delivered = count > 0
    ? `delivered to ${isEverywhere ? allOf(count) : `${count} of ${audience}`}`
    : "";
  if (!saysThroughNode(strategy)) {
    if (message.state === "sending") {
      return { mark: "clock", words: "Waiting for a direct connection", short };
    }
    if (message.state === "sent") {
      const mark = isEverywhere ? "double-tick" : "dot";
      // A peer that came later may have the message, while none of its audience has.
      const isMissed = count === 0 && audience > 0;
      const how = isMissed ? `delivered to 0 of ${audience}` : delivered || "sent";
      return {
        mark,
        words: capitalised(`${how}, not stored on the node`),
        short: isMissed ? `0/${audience}` : short,
      };
    }
  }
  switch (message.state) {
    case "failed":
      return { mark: "cross", words: "Not sent", short: "Not sent" };
    case "sending":
      return { mark: "clock", words: "Sending", short: "" };
    case "sent":
      return {
        mark: "dot",
        words: capitalised(`${delivered || "sent"}, not yet stored by the node`),
        short,
      };
    case "stored":
      return {
        mark: isEverywhere ? "double-tick" : "tick",
        words: delivered === "" ? "Stored" : `Stored, ${delivered}`,
        short,
      };
  }
}

function allOf(count: number): string {
  return count === 1 ? "1 of 1" : `all ${count}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
