/**
 * Answers that are made while they go out. The connection below such an answer is busy until the last byte
 * has left, which only the maker of the answer knows.
 */
const sending = new WeakMap<Response, Promise<void>>();

/** Notes that `response` goes out until `ended` resolves. */
export function noteSending(response: Response, ended: Promise<void>): void {
  sending.set(response, ended);
}

/** Resolves when an answer given to `noteSending` has gone out; null for all others. */
export function whenSent(response: Response): Promise<void> | null {
  return sending.get(response) ?? null;
}
