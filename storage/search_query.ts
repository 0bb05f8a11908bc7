/**
 * Turns what a user typed into an FTS5 query (https://sqlite.org/fts5.html#full_text_query_syntax)
 * that is never a syntax error: every word quoted, all of them wanted, the last one as a prefix.
 */

/** Words that count; FTS5 refuses expressions of more than 256 levels. */
const MAX_WORDS = 32;
/** UTF-16 units of the query that count: longer words than this fits are not typed. */
const MAX_QUERY_CHARS = 1000;

/** Letters, digits and private use are what FTS5's unicode61 makes words of. */
const SEARCHABLE = /[\p{L}\p{N}\p{Co}]/u;

/** The query for texts, of one room when `roomId` is given; null when there is no word in it. */
export function searchQuery(query: string, roomId: number | null): string | null {
  const words = query.slice(0, MAX_QUERY_CHARS).toWellFormed().replaceAll("\0", " ")
    .split(/\s+/).filter((word) => SEARCHABLE.test(word)).slice(0, MAX_WORDS)
    .map((word) => `"${word.replaceAll('"', '""')}"`);
  if (words.length === 0) return null;
  const text = `text : (${words.join(" AND ")} *)`;
  return roomId === null ? text : `room_id : "${roomId}" AND ${text}`;
}
