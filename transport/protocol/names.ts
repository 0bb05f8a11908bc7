/**
 * The names of rooms and peers: which text can be one, and the form in which names of peers are shown and
 * compared, so that names that look the same are the same. Rooms and peer ids stay as they were given, since
 * stored data is found under them.
 */
import * as z from "zod/mini";
import { LIMITS } from "./limits.ts";

/** Shown in place of a name without a visible character, from an older node or client. */
const NAMELESS = "?";

/** Something to see: not only blanks, marks and invisible formatting. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** Matches most names, which need no further look. */
const PLAIN_ASCII = /^[!-~]+(?: [!-~]+)*$/;

/** U+2800 is a Braille pattern without dots. */
const BLANKS = /[\s\u2800]+/gu;

/**
 * Virama signs, which remove a vowel, in the scripts of India and around it. A joiner after one changes
 * the letters that are shown (RFC 5892 appendix A.1).
 */
const VIRAMA =
  "[\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D4D\\u0DCA\\u1039\\u17D2\\u{11134}]";

/**
 * Arabic letters that join the next one, unless a non-joiner (U+200C) is between them, as in Persian
 * (RFC 5892 appendix A.1): all but alef, dal, reh, waw and letters derived from them.
 */
const JOINING =
  "(?![\\u0621-\\u0625\\u0627\\u0629\\u062F-\\u0632\\u0648\\u0671-\\u0677\\u0688-\\u0699\\u06C0\\u06C3-\\u06CB\\u06CD\\u06CF\\u06D2\\u06D3\\u06D5\\u06EE\\u06EF])\\p{Script=Arabic}";

const PICTURE = "\\p{Extended_Pictographic}[\\uFE0F\\p{Emoji_Modifier}]?";

/**
 * Sequences in which an invisible character changes the visible text; each alternative matches it all.
 */
const MEANT = [
  // Emoji: ZWJ sequences (as in RGI), keycaps, and the flags of England, Scotland and Wales.
  `${PICTURE}(?:\\u200D${PICTURE})+`,
  "[#*0-9]\\uFE0F\\u20E3",
  "\\u{1F3F4}\\u{E0067}\\u{E0062}(?:\\u{E0065}\\u{E006E}\\u{E0067}|\\u{E0073}\\u{E0063}\\u{E0074}|\\u{E0077}\\u{E006C}\\u{E0073})\\u{E007F}",
  // A character that is text by default, as an emoji (U+FE0F); and the reverse (U+FE0E).
  "(?![#*0-9]|\\p{Emoji_Presentation})\\p{Emoji}\\uFE0F",
  "\\p{Emoji_Presentation}\\uFE0E",
  `${VIRAMA}(?:\\u200D|\\u200C(?=\\p{L}))`,
  `${JOINING}\\p{Mn}*\\u200C(?=\\p{Script=Arabic})`,
  // The forms of Mongolian letters, and its vowel separator.
  "\\p{Script=Mongolian}[\\u180B-\\u180F]",
].join("|");

const INVISIBLE = new RegExp(`(${MEANT})|\\p{Default_Ignorable_Code_Point}`, "gu");

/**
 * Returns `text` in the form in which names are shown and compared: NFC, with one space for a run of
 * blanks and none at the ends. Characters that can't be seen (zero width, fillers, the direction of
 * text) are removed, unless an emoji or a script needs them. May be empty. Idempotent.
 */
export function plainName(text: string): string {
  let plain = text;
  while (!PLAIN_ASCII.test(plain)) {
    // A removal may join characters that stood apart, so the result is checked again.
    const next = plain.normalize("NFC").replace(INVISIBLE, "$1").replace(BLANKS, " ").trim();
    if (next === plain) return plain;
    plain = next;
  }
  return plain;
}

/** Returns the name to show for `text`: a received name, or a peer id in place of one. */
export function shownName(text: string): string {
  const plain = plainName(text);
  return VISIBLE.test(plain) ? plain : NAMELESS;
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Whether `text` can name a room or a peer: 1 to 64 characters, no controls, something to see. */
export function isName(text: string): boolean {
  if (text.length === 0 || text.length > 2 * LIMITS.nameChars) return false;
  if (text.length > LIMITS.nameChars && codePoints(text) > LIMITS.nameChars) return false;
  return !CONTROL.test(text) && text.isWellFormed() && VISIBLE.test(text);
}

const nameError =
  `must be 1 to ${LIMITS.nameChars} characters, with no control characters and something to see`;

const name = z.string(nameError).check(z.refine(isName, nameError));
/** A room's name. */
export const roomName = name.brand<"RoomName">();
/** A peer's id within a room. Older clients show it as the peer's name. */
export const peerId = name.brand<"PeerId">();
/** Limit of a raw name before `plainName`, in UTF-16 code units: its invisible part is small. */
const MAX_RAW_NAME = 4 * LIMITS.nameChars;
/** A peer's name for itself, in its shown form. Several peers may use the same name. */
export const displayName = z.pipe(
  z.string(nameError).check(z.maxLength(MAX_RAW_NAME, nameError)),
  z.pipe(z.transform(plainName), name),
);
/** A name from a node: older nodes, and rows stored by them, may hold names in another form. */
export const toldName = z.pipe(name, z.transform(shownName));

export type RoomName = z.infer<typeof roomName>;
export type PeerId = z.infer<typeof peerId>;

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
