/**
 * Which events of a browser say that the network may be another one, and what a session does about
 * them: it connects anew where something has surely changed, and probes what it has where nothing may
 * have. Without this a page that was offline waits for its next try, 10 s at most.
 */
import type { SessionView } from "../../../transport/view.ts";

/** Where the events come from; the platform knows. */
export interface NetworkSources {
  /** `window`: `online`, `offline`, `pageshow`. */
  readonly window: EventTarget;
  /** `document`: `visibilitychange`, `resume`. */
  readonly document: EventTarget & Pick<Document, "visibilityState">;
  /** `navigator.connection`, with its `change`; null where there is none, as in Firefox and Safari. */
  readonly connection: ConnectionSource | null;
  /** Any clock that never goes back, in milliseconds. */
  now(): number;
}

/** Browsers on desktops don't tell the `type`. */
export type ConnectionSource = EventTarget & { readonly type?: string };

type Reaction = "reconnect" | "wake";

/** One change of the network fires several events; each of them would dial or probe once more. */
const BURST_MS = 100;
/** `change` comes with every new estimate of a speed, which says little. */
const ESTIMATE_MS = 1000;

/** Makes the session that is open follow its network, until the returned function is called. */
export function followNetwork(
  session: () => Pick<SessionView, Reaction> | null,
  sources: NetworkSources,
): () => void {
  const removal = new AbortController();
  const react = oncePerBurst((reaction) => session()?.[reaction](), sources);
  const on = (target: EventTarget, type: string, listener: (event: Event) => void) =>
    target.addEventListener(type, listener, { signal: removal.signal });
  on(sources.window, "online", () => react("reconnect"));
  // A node on this machine is reached all the same.
  on(sources.window, "offline", () => react("wake"));
  on(sources.window, "pageshow", (event) => {
    // Its connections were closed while it was in the back/forward cache.
    if ((event as PageTransitionEvent).persisted) react("reconnect");
  });
  on(sources.document, "visibilitychange", () => {
    if (sources.document.visibilityState === "visible") react("wake");
  });
  on(sources.document, "resume", () => react("wake"));
  if (sources.connection !== null) {
    on(sources.connection, "change", connectionChange(sources.connection, { react, sources }));
  }
  return () => removal.abort();
}

/** Within a burst only what does more than the event before it. */
function oncePerBurst(
  react: (reaction: Reaction) => void,
  { now }: NetworkSources,
): (reaction: Reaction) => void {
  let last: { reaction: Reaction; at: number } | null = null;
  return (reaction) => {
    const isBurst = last !== null && now() - last.at < BURST_MS;
    if (isBurst && (reaction === "wake" || last?.reaction === "reconnect")) return;
    last = { reaction, at: now() };
    react(reaction);
  };
}

function connectionChange(
  connection: ConnectionSource,
  { react, sources }: { react: (reaction: Reaction) => void; sources: NetworkSources },
): () => void {
  let { type } = connection;
  let probedAt = -Infinity;
  return () => {
    const before = type;
    type = connection.type;
    // There is nothing to connect by: the next change, or `online`, says when there is.
    if (type === "none") return;
    if (type !== before) return react("reconnect");
    if (sources.now() - probedAt < ESTIMATE_MS) return;
    probedAt = sources.now();
    react("wake");
  };
}
