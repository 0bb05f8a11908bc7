/**
 * Reactions of an end to frames, and actions that an end repeats many times. They have names, so that an
 * end in a page runs them there, in the same turn, and no test waits for the way to the page. Runs in
 * pages too.
 */
import type { Path } from "../../transport/transport.ts";

export type Reaction = "answer" | "close";

type Actor = Pick<Path, "send" | "close">;

/** Long enough that each side has answered several times. */
const LAST_ANSWER_CHARS = 12;

export const REACTIONS: Readonly<Record<Reaction, (path: Actor, text: string) => void>> = {
  answer(path, text) {
    if (text.length < LAST_ANSWER_CHARS) path.send(`${text}!`);
  },
  close: (path) => path.close(),
};

/** More large frames than any bounded buffer takes. */
export const MANY_FRAMES = 1_000;

/**
 * Sends `text` with a number before it until a frame is refused, and returns the number of frames taken.
 */
export function fill(path: Actor, text: string): number {
  let taken = 0;
  while (taken < MANY_FRAMES && path.send(`${taken} ${text}`)) taken++;
  return taken;
}
