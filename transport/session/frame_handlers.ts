/** One small handler for each type of frame, and the choice among them. */
import type { PeerFrame, PeerFrameOf } from "../protocol/mod.ts";

/** A type without a handler is ignored. */
export type FrameHandlers = {
  readonly [T in PeerFrame["type"]]?: (frame: PeerFrameOf<T>) => unknown;
};

/** Gives `frame` to the handler of its type. */
export function dispatch(frame: PeerFrame, handlers: FrameHandlers): void {
  (handlers[frame.type] as ((frame: PeerFrame) => void) | undefined)?.(frame);
}
