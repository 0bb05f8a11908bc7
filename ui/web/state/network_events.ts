/**
 * The browser events after which the network may be another one, and what the session does then. It
 * reconnects when something has surely changed. It probes its connections when perhaps nothing has.
 * Without this a page that was offline would wait for its next try, 10 s at most.
 */
import type { SessionView } from "../../../transport/view.ts";

/** The sources of the events; the platform provides them. */
export interface NetworkSources {
  /** `window`: `online`, `offline`, `pageshow`. */
  readonly window: EventTarget;
  /** `document`: `visibilitychange`, `resume`. */
  readonly document: EventTarget & Pick<Document, "visibilityState">;
  /** `navigator.connection`, with its `change`; null where there is none, as in Firefox and Safari. */
  readonly connection: ConnectionSource | null;
  /** A clock that never goes back, in milliseconds. */
  now(): number;
}

/** Desktop browsers don't tell the `type`. */
export type ConnectionSource = EventTarget & { readonly type?: string };

type Reaction = "reconnect" | "wake";

/**
 * Length of a burst. One change of the network fires several events, and each would dial or probe
 * again.
 */
const BURST_MS = 100;
/**
 * Time between two probes for estimates: `change` comes with every new estimate of a speed, which says
 * little.
 */
const ESTIMATE_MS = 1000;

/** Reports the browser's network events to the open session, until the returned function is called. */
export function followNetwork(
  session: () => Pick<SessionView, Reaction> | null,
  sources: NetworkSources,
): () => void {
  const removal = new AbortController();
  const react = oncePerBurst((reaction) => session()?.[reaction](), sources);
  const on = (target: EventTarget, type: string, listener: (event: Event) => void) =>
    target.addEventListener(type, listener, { signal: removal.signal });
  on(sources.window, "online", () => react("reconnect"));
  // Only a probe: a node on this machine is still reachable.
  on(sources.window, "offline", () => react("wake"));
  on(sources.window, "pageshow", (event) => {
    // The browser closed the page's connections while it was in the back/forward cache.
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

/** Within a burst, passes on the first reaction, and after a `wake` also one `reconnect`. */
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
    // There is no network now. The next `change` or `online` event says when there is one.
    if (type === "none") return;
    if (type !== before) return react("reconnect");
    if (sources.now() - probedAt < ESTIMATE_MS) return;
    probedAt = sources.now();
    react("wake");
  };
}
