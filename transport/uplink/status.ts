/**
 * An uplink as a UI sees it: online, offline or closed, since when, and when it tries again. It decides
 * nothing: the uplink tells it each change.
 */
import type { ErrorBody } from "../errors.ts";
import type { Tier } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";
import type { UplinkView } from "../view.ts";

export class UplinkStatus {
  readonly #clock: Clock;
  readonly #onChange: (view: UplinkView) => void;
  #view: UplinkView;

  constructor(clock: Clock, onChange: (view: UplinkView) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.#view = {
      state: "connecting",
      tier: null,
      rttMs: null,
      sinceMs: clock.epochMs(),
      retryAtMs: null,
      error: null,
    };
  }

  get view(): UplinkView {
    return this.#view;
  }

  get isClosed(): boolean {
    return this.#view.state === "closed";
  }

  /** A path of `tier` is active from now on. */
  online(tier: Tier): void {
    const sinceMs = this.#clock.epochMs();
    this.#show({ state: "online", tier, rttMs: null, sinceMs, retryAtMs: null, error: null });
  }

  /** No path is left, and the next try is in `waitMs`. */
  offline(error: ErrorBody, waitMs: number): void {
    const nowMs = this.#clock.epochMs();
    const sinceMs = this.#view.state === "offline" ? this.#view.sinceMs : nowMs;
    const retryAtMs = nowMs + waitMs;
    this.#show({ state: "offline", tier: null, rttMs: null, sinceMs, retryAtMs, error });
  }

  /** The planned try has begun. */
  retrying(): void {
    if (this.#view.retryAtMs !== null) this.#show({ retryAtMs: null });
  }

  measured(rttMs: number | null): void {
    this.#show({ rttMs });
  }

  closed(): void {
    this.#show({ state: "closed", tier: null, rttMs: null, retryAtMs: null, error: null });
  }

  #show(change: Partial<UplinkView>): void {
    this.#view = { ...this.#view, ...change };
    this.#onChange(this.#view);
  }
}
