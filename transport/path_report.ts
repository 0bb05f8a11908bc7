/**
 * Tells the node which paths a session has to its peers, and why they are not the best: what only a
 * session knows. The node shows it in its status. Few, small and never waited for: a frame a second at
 * most, when something has changed, and none from whoever has nothing to tell.
 */
import type { PathReason } from "./path_reasons.ts";
import { LIMITS, type MemberFrame, type PathReport } from "./protocol.ts";
import type { Clock } from "./transport.ts";
import type { PeerView } from "./view.ts";

/** From a change to the frame: a path that has just been negotiated is told once, as it came out. */
const DELAY_MS = 1_000;

/** The node knows these by itself: from who is here, and what each allows itself and has. */
const KNOWN_TO_NODE: ReadonlySet<PathReason | null> = new Set([
  null,
  "direct-only-mismatch",
  "mesh-full",
  "peer-direct-only",
  "peer-has-no-webrtc",
  "peer-strategy",
  "strategies-differ",
  "strategy",
  "webrtc-off",
]);

const NOTHING = JSON.stringify({ paths: [] });

export interface PathReporterOptions {
  readonly clock: Clock;
  readonly peers: () => readonly PeerView[];
  /** False when it can't be sent now. */
  readonly send: (frame: MemberFrame) => boolean;
}

export class PathReporter {
  readonly #options: PathReporterOptions;
  #isWanted = false;
  /** What the node has been told, as JSON. */
  #told = NOTHING;
  #cancel: (() => void) | null = null;

  constructor(options: PathReporterOptions) {
    this.#options = options;
  }

  /** The node begins anew with us, and knows nothing; older ones want to know nothing. */
  welcome({ isWanted }: { isWanted: boolean }): void {
    this.#isWanted = isWanted;
    this.#told = NOTHING;
    this.changed();
  }

  /** A path may have changed. */
  changed(): void {
    if (!this.#isWanted || this.#cancel !== null) return;
    this.#cancel = this.#options.clock.after(DELAY_MS, () => {
      this.#cancel = null;
      this.#tell();
    });
  }

  close(): void {
    this.#isWanted = false;
    this.#cancel?.();
    this.#cancel = null;
  }

  #tell(): void {
    const payload = reportOf(this.#options.peers());
    const text = JSON.stringify(payload);
    if (text === this.#told) return;
    // What is not sent now is told after the next `welcome`.
    if (this.#options.send({ type: "path_report", payload })) this.#told = text;
  }
}

/** What of `peers` the node can't know by itself. */
export function reportOf(peers: readonly PeerView[]): PathReport {
  const paths = peers.flatMap(({ peerId, path: { tier, reason } }) =>
    tier?.startsWith("webrtc-") || !KNOWN_TO_NODE.has(reason)
      ? [{ peer_id: peerId, tier, reason }]
      : []
  );
  return { paths: paths.slice(0, LIMITS.reportedPaths) };
}
