/**
 * What an end does by itself while it receives, and what it does many times over: by name, so that an
 * end in a page does it there, in the same turn, and no test waits for the way to it. Runs in pages
 * too.
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

/** More than any bounded buffer takes of large frames. */
export const MANY_FRAMES = 1_000;

/** Sends `text` with a number before it until it is refused, and returns how often it was taken. */
export function fill(path: Actor, text: string): number {
  let taken = 0;
  while (taken < MANY_FRAMES && path.send(`${taken} ${text}`)) taken++;
  return taken;
}
