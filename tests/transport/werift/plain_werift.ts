/**
 * werift without the mends of `transport/werift/`, and tests that pass as long as it has a defect. Such a
 * file imports nothing that mends: werift's own sockets and timers are part of what it looks at.
 */
import { RTCPeerConnection } from "werift";
import { until } from "../../fakes/until.ts";

/** werift's own class. It asks no STUN server, where it would ask Google's. */
class PlainConnection extends RTCPeerConnection {
  override createDataChannel(
    ...args: Parameters<RTCPeerConnection["createDataChannel"]>
  ): ReturnType<RTCPeerConnection["createDataChannel"]> {
    const channel = super.createDataChannel(...args);
    if (this.config.iceServers.length === 0) {
      for (const { connection } of this.iceTransports) delete connection.stunServer;
    }
    return channel;
  }
}

type Configuration = ConstructorParameters<typeof RTCPeerConnection>[0];

/** A connection of plain werift. */
export function plainWerift(configuration: Configuration = {}): RTCPeerConnection {
  return new PlainConnection({ iceServers: [], ...configuration });
}

export interface Defect {
  /** Completes "werift still". */
  readonly defect: string;
  /** The code that can go when the test fails. */
  readonly mend: string;
}

/**
 * Registers a test that fails when werift no longer has the defect. The leak checks are off, because
 * werift's timers end only after `close`.
 */
export function defectTest({ defect, mend }: Defect, fn: () => Promise<void>): void {
  Deno.test({
    name: `werift still ${defect}`,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      try {
        await fn();
      } catch (cause) {
        throw new Error(
          `werift may no longer need ${mend}: see transport/werift/README.md`,
          { cause },
        );
      }
    },
  });
}

/** Resolves to the error that `run` throws where nobody catches it, which would end the process. */
export async function uncaughtIn(run: () => void): Promise<unknown> {
  const reasons: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    reasons.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", note);
  try {
    run();
    await until(() => reasons.length > 0, "an error that nobody catches");
    return reasons[0];
  } finally {
    globalThis.removeEventListener("unhandledrejection", note);
  }
}
