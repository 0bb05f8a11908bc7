/**
 * Tells the node which paths a session has to its peers, and why they are not the best: only the session
 * knows that. The node shows it in its status. The reports are few and small, and nothing waits for them: at
 * most one frame a second, only after a change, and none from a session with nothing to report.
 */
import type { PathReason } from "../paths/path_reasons.ts";
import { LIMITS, type MemberFrame, type PathReport } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";
import type { PeerView } from "../view.ts";

/** Time from a change to the frame, so that a new path is reported once, with its final result. */
const DELAY_MS = 1_000;

/** Reasons that the node knows by itself, from the members, their strategies and their abilities. */
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
  /** The last report that was sent, as JSON. */
  #told = NOTHING;
  #cancel: (() => void) | null = null;

  constructor(options: PathReporterOptions) {
    this.#options = options;
  }

  /** Starts over: after a `welcome` the node knows no paths. Older nodes want no reports. */
  welcome({ isWanted }: { isWanted: boolean }): void {
    this.#isWanted = isWanted;
    this.#told = NOTHING;
    this.changed();
  }

  /** Plans a report, because a path may have changed. */
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
    // A report that could not be sent goes out after the next change or `welcome`.
    if (this.#options.send({ type: "path_report", payload })) this.#told = text;
  }
}

/** Returns the paths to `peers` that the node can't know by itself, at most `LIMITS.reportedPaths`. */
export function reportOf(peers: readonly PeerView[]): PathReport {
  const paths = peers.flatMap(({ peerId, path: { tier, reason } }) =>
    tier?.startsWith("webrtc-") || !KNOWN_TO_NODE.has(reason)
      ? [{ peer_id: peerId, tier, reason }]
      : []
  );
  return { paths: paths.slice(0, LIMITS.reportedPaths) };
}
