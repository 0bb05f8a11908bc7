/** The largest message that a DataChannel carries, found by sending ever larger ones. */
import type {
  CreateDirectConnection,
  DirectConnection,
  DirectConnectionHandlers,
} from "../mesh/direct_connection.ts";
import { LIMITS } from "../protocol/mod.ts";

/** Sizes in bytes, up to the largest frame. Every implementation carries 16 KiB, most announce 64 KiB. */
export const MESSAGE_SIZES = [16 * 1024, 64 * 1024, LIMITS.frameChars] as const;

/** The largest of `MESSAGE_SIZES` that `echo` confirms, in bytes; 0 when it fails for the smallest. */
export async function largestEchoed(echo: (bytes: number) => Promise<boolean>): Promise<number> {
  let largest = 0;
  for (const bytes of MESSAGE_SIZES) {
    if (!await echo(bytes)) break;
    largest = bytes;
  }
  return largest;
}

export interface LoopbackOptions {
  /** Runs `use` with a signal that is aborted when it takes too long. */
  within<T>(use: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** {@linkcode largestEchoed} between two connections of this machine. */
export async function loopbackEcho(
  createConnection: CreateDirectConnection,
  { within }: LoopbackOptions,
): Promise<number> {
  const opened = Promise.withResolvers<boolean>();
  let onEcho: (length: number) => void = () => {};
  const connections: DirectConnection[] = [];
  const make = (
    isPolite: boolean,
    handlers: Pick<DirectConnectionHandlers, "onOpen" | "onFrame">,
  ) =>
    createConnection({ isPolite, iceServers: [], isRelayOnly: false }, {
      ...handlers,
      // Delayed, so that both connections exist before the first signal arrives.
      onSignal: (signal) => queueMicrotask(() => connections[isPolite ? 1 : 0]?.signal(signal)),
      onClose: () => opened.resolve(false),
    });
  connections.push(
    make(true, {
      onOpen: () => opened.resolve(true),
      onFrame: (text) => onEcho(text.length),
    }),
    make(false, { onOpen: () => {}, onFrame: (text) => void connections[1]?.send(text) }),
  );
  try {
    connections[0]?.offer();
    if (!await within((signal) => unlessAborted(opened.promise, signal))) return 0;
    return await largestEchoed((bytes) =>
      within((signal) => {
        const echoed = Promise.withResolvers<boolean>();
        onEcho = (length) => echoed.resolve(length === bytes);
        if (!connections[0]?.send("-".repeat(bytes))) return Promise.resolve(false);
        return unlessAborted(echoed.promise, signal);
      })
    );
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** `result`, or false when `signal` is aborted first. */
function unlessAborted(result: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const onAbort = () => resolve(false);
    signal.addEventListener("abort", onAbort, { once: true });
    result.then((value) => {
      signal.removeEventListener("abort", onAbort);
      resolve(value);
    });
  });
}
