/** Makes messages for tests; fills in all fields that are not given. */
import type { MessageId, PeerId } from "../../transport/protocol/mod.ts";
import type { ChatMessage } from "../../transport/view.ts";

type Given = Partial<Omit<ChatMessage, "id" | "peerId">> & {
  id?: string;
  peerId?: string;
};

export function message(given: Given = {}): ChatMessage {
  return {
    name: given.peerId ?? "ann",
    text: "hello",
    own: false,
    sentAtMs: null,
    timestamp: 1000,
    state: "stored",
    delivered: 0,
    audience: 0,
    error: null,
    ...given,
    id: (given.id ?? "m1") as MessageId,
    peerId: (given.peerId ?? "ann") as PeerId,
  };
}
