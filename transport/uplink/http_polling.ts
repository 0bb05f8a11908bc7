/**
 * The `http-polling` tier of the uplink. Long polling of `GET /signal` brings frames; `POST /signal`
 * sends them. Every item that comes has a `seq`. The next poll names the last one that arrived, so the
 * node repeats a lost answer. Outgoing frames wait until the `POST` before them is answered. That keeps
 * their order, and the frames that wait share the next request.
 */
import * as z from "zod/mini";
import { ERROR_CODES, UserError } from "../errors.ts";
import { type JoinTarget, signalUrl } from "./join.ts";
import { LIMITS, ownCloseCode } from "../protocol/mod.ts";
import type { Clock, CloseReason, Path, PathHandlers, Transport } from "../transport.ts";

/** Queue of frames to post, in UTF-16 code units: as much as the WebSocket tier buffers. */
const MAX_QUEUED_CHARS = 4 * 1024 * 1024;
/**
 * UTF-16 code units in one request: a frame of the largest size, or 768 KiB of UTF-8 of the 1 MiB that
 * the node takes.
 */
const MAX_BATCH_CHARS = LIMITS.frameChars;
/** Frames in one request: the node takes no more. */
const MAX_BATCH_FRAMES = 256;
/** A poll is dead when its answer is this late: the node should have given it after `pollWaitSeconds`. */
const POLL_GRACE_MS = 10_000;

const polledItems = z.array(z.looseObject({ seq: z.number() }));
const errorAnswer = z.object({
  error: z.object({ code: z.enum(ERROR_CODES), message: z.string() }),
});

export interface PollingPlatform {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** Polls with the platform's `fetch`. */
export class HttpPollingTransport implements Transport<JoinTarget> {
  readonly tier = "http-polling";
  readonly #platform: PollingPlatform;

  constructor(platform: PollingPlatform) {
    this.#platform = platform;
  }

  async dial(
    target: JoinTarget,
    handlers: PathHandlers,
    { signal }: { signal: AbortSignal },
  ): Promise<Path> {
    const { fetch } = this.#platform;
    const response = await fetch(signalUrl(target, { wait: "0", after: "0" }), { signal })
      .catch((cause) => {
        signal.throwIfAborted();
        throw new UserError("peer-gone", `${target.nodeUrl} does not answer over HTTP`, { cause });
      });
    const items = await readItems(response).catch((error) => {
      signal.throwIfAborted();
      throw error;
    });
    signal.throwIfAborted();
    return new PollingPath(target, handlers, { ...this.#platform, items });
  }
}

type Items = z.infer<typeof polledItems>;

/** @throws {UserError} with the node's own code and message where it gave one. */
async function readItems(response: Response): Promise<Items> {
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const refusal = errorAnswer.safeParse(body);
    if (refusal.success) throw new UserError(refusal.data.error.code, refusal.data.error.message);
    throw new UserError("peer-gone", `The node answered HTTP ${response.status} to a poll`);
  }
  const items = polledItems.safeParse(body);
  if (!items.success) throw new UserError("bad-frame", "What answered the poll is not a node");
  return items.data;
}

class PollingPath implements Path {
  readonly tier = "http-polling";
  readonly #target: JoinTarget;
  readonly #handlers: PathHandlers;
  readonly #platform: PollingPlatform;
  readonly #closed = new AbortController();
  #seq = 0;
  #queue: string[] = [];
  #queuedChars = 0;
  #isPosting = false;

  constructor(
    target: JoinTarget,
    handlers: PathHandlers,
    { items, ...platform }: PollingPlatform & { items: Items },
  ) {
    this.#target = target;
    this.#handlers = handlers;
    this.#platform = platform;
    // Delivers frames after `dial` has returned, as the interface promises.
    queueMicrotask(() => queueMicrotask(() => this.#poll(items)));
  }

  get isOpen(): boolean {
    return !this.#closed.signal.aborted;
  }

  send(text: string): boolean {
    if (!this.isOpen || this.#queuedChars + text.length > MAX_QUEUED_CHARS) return false;
    this.#queue.push(text);
    this.#queuedChars += text.length;
    if (!this.#isPosting) {
      this.#isPosting = true;
      // Frames sent in the same turn share one request.
      queueMicrotask(() => this.#post());
    }
    return true;
  }

  close(): void {
    this.#closed.abort();
  }

  #fail(reason: CloseReason): void {
    if (!this.isOpen) return;
    this.#closed.abort();
    this.#handlers.onClose(reason);
  }

  async #poll(items: Items): Promise<void> {
    this.#deliver(items);
    const wait = LIMITS.pollWaitSeconds;
    while (this.isOpen) {
      const timeout = new AbortController();
      const signal = AbortSignal.any([this.#closed.signal, timeout.signal]);
      const cancel = this.#platform.clock.after(
        wait * 1000 + POLL_GRACE_MS,
        () => timeout.abort(),
      );
      try {
        const url = signalUrl(this.#target, { wait: String(wait), after: String(this.#seq) });
        this.#deliver(await readItems(await this.#platform.fetch(url, { signal })));
      } catch (error) {
        this.#fail(closeReason(error));
      } finally {
        cancel();
      }
    }
  }

  #deliver(items: Items): void {
    for (const item of items) {
      if (!this.isOpen) return;
      if (item.seq <= this.#seq) continue;
      this.#seq = item.seq;
      this.#handlers.onFrame(JSON.stringify(item));
    }
  }

  async #post(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const body = `[${this.#takeBatch().join(",")}]`;
        const response = await this.#platform.fetch(signalUrl(this.#target), {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
          // Lets a page that is going away still send its `leave`. Browsers take 64 KiB of UTF-8 for
          // all such requests together, and refuse more.
          keepalive: body.length < 8 * 1024,
        });
        if (!response.ok) await readItems(response);
        else await response.body?.cancel();
      }
    } catch (error) {
      this.#fail(closeReason(error));
    } finally {
      this.#isPosting = false;
    }
  }

  #takeBatch(): string[] {
    let chars = 0;
    let count = 0;
    for (const text of this.#queue) {
      if (count === MAX_BATCH_FRAMES) break;
      if (count > 0 && chars + text.length > MAX_BATCH_CHARS) break;
      chars += text.length;
      count++;
    }
    this.#queuedChars -= chars;
    return this.#queue.splice(0, count);
  }
}

function closeReason(error: unknown): CloseReason {
  if (!(error instanceof UserError)) return { code: 1006, reason: "The node does not answer" };
  return { code: ownCloseCode(error.code) ?? 1006, reason: error.message };
}
