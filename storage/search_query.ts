/**
 * Turns a user's input into an FTS5 query (https://sqlite.org/fts5.html#full_text_query_syntax) that is
 * never a syntax error: every word quoted, all words required, the last one as a prefix.
 */

/** Most words of a query that are used; FTS5 refuses expressions of more than 256 levels. */
const MAX_WORDS = 32;
/** UTF-16 units of the query that are used; nobody types so many. */
const MAX_QUERY_CHARS = 1000;

/** FTS5's unicode61 makes words of letters, digits and private-use characters. */
const SEARCHABLE = /[\p{L}\p{N}\p{Co}]/u;

/** The FTS5 query for texts, of one room when `roomId` is given; null when `query` has no word in it. */
export function searchQuery(query: string, roomId: number | null): string | null {
  const words = query.slice(0, MAX_QUERY_CHARS).toWellFormed().replaceAll("\0", " ")
    .split(/\s+/).filter((word) => SEARCHABLE.test(word)).slice(0, MAX_WORDS)
    .map((word) => `"${word.replaceAll('"', '""')}"`);
  if (words.length === 0) return null;
  const text = `text : (${words.join(" AND ")} *)`;
  return roomId === null ? text : `room_id : "${roomId}" AND ${text}`;
}
