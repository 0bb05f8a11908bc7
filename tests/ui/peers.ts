/** Peers and uplinks for tests of words: made from their paths alone. */
import type { PeerView, UplinkView } from "../../transport/view.ts";
import { type FakePath, FakeSession } from "../fakes/session.ts";

export function peers(paths: Record<string, FakePath>): readonly PeerView[] {
  const session = new FakeSession({ room: "r", name: "me" });
  for (const [name, path] of Object.entries(paths)) session.addPeer(name, path);
  return session.peers;
}

export const online: UplinkView = {
  state: "online",
  tier: "websocket",
  rttMs: 3,
  sinceMs: 0,
  retryAtMs: null,
  error: null,
};
export const offline: UplinkView = { ...online, state: "offline", tier: null };

/** The text without the marks that isolate a name's writing direction. */
export const plain = (text: string) => text.replace(/[\u2068\u2069]/g, "");
