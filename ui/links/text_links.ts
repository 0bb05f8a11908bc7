/** Finds the links in a message. Returns pieces, never markup; a component makes elements from them. */
import { LinkifyIt } from "linkify-it";

/** A piece of a text; with an `href`, a link. */
export interface TextPiece {
  readonly text: string;
  readonly href: string | null;
}

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

const linkify = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: true })
  .add("ftp:", null)
  .add("//", null);

/** Splits `text` into pieces that together are `text` again. */
export function splitLinks(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const match of linkify.match(text) ?? []) {
    const href = safeHref(match.url);
    if (href === null) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), href: null });
    pieces.push({ text: text.slice(match.index, match.lastIndex), href });
    end = match.lastIndex;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), href: null });
  return pieces;
}

function safeHref(url: string): string | null {
  try {
    const parsed = new URL(url);
    return SCHEMES.has(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}
