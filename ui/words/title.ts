/** The title of a window, tab or terminal. Pure. */

/** "(3) quiet-summit – E-Goat". */
export function pageTitle(room: string | null, unread: string | null): string {
  const title = room === null ? "E-Goat" : `${room} – E-Goat`;
  return unread === null ? title : `(${unread}) ${title}`;
}
