/**
 * Names as they are shown and compared: what looks the same is the same. Rooms and peer ids are not
 * names in this sense: they stay as they were given, since all that is stored is found under them.
 *
 * A leaf: everyone may import it.
 */

/** Shown in place of a name with nothing to see in it, from an older node or client. */
const NAMELESS = "?";

/** Most names, which need no more looking at. */
const PLAIN_ASCII = /^[!-~]+(?: [!-~]+)*$/;

/** U+2800 is a Braille pattern without dots. */
const BLANKS = /[\s\u2800]+/gu;

/**
 * Signs of killed vowels in the scripts of India and around it: a joiner behind one changes the letters
 * that are shown (RFC 5892 appendix A.1).
 */
const VIRAMA =
  "[\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D4D\\u0DCA\\u1039\\u17D2\\u{11134}]";

/**
 * Arabic letters that join the next one, unless a non-joiner (U+200C) is between them, as in Persian
 * (RFC 5892 appendix A.1): all but alef, dal, reh, waw and those made of them.
 */
const JOINING =
  "(?![\\u0621-\\u0625\\u0627\\u0629\\u062F-\\u0632\\u0648\\u0671-\\u0677\\u0688-\\u0699\\u06C0\\u06C3-\\u06CB\\u06CD\\u06CF\\u06D2\\u06D3\\u06D5\\u06EE\\u06EF])\\p{Script=Arabic}";

const PICTURE = "\\p{Extended_Pictographic}[\\uFE0F\\p{Emoji_Modifier}]?";

/** Where a character that is invisible by itself changes what is seen; the alternatives take it whole. */
const MEANT = [
  // Emoji: made of several (RGI ZWJ sequences), a key cap, the flags of England, Scotland and Wales.
  `${PICTURE}(?:\\u200D${PICTURE})+`,
  "[#*0-9]\\uFE0F\\u20E3",
  "\\u{1F3F4}\\u{E0067}\\u{E0062}(?:\\u{E0065}\\u{E006E}\\u{E0067}|\\u{E0073}\\u{E0063}\\u{E0074}|\\u{E0077}\\u{E006C}\\u{E0073})\\u{E007F}",
  // A character that is text by itself, as a picture; and the other way round.
  "(?![#*0-9]|\\p{Emoji_Presentation})\\p{Emoji}\\uFE0F",
  "\\p{Emoji_Presentation}\\uFE0E",
  `${VIRAMA}(?:\\u200D|\\u200C(?=\\p{L}))`,
  `${JOINING}\\p{Mn}*\\u200C(?=\\p{Script=Arabic})`,
  // The forms of Mongolian letters, and its vowel separator.
  "\\p{Script=Mongolian}[\\u180B-\\u180F]",
].join("|");

const INVISIBLE = new RegExp(`(${MEANT})|\\p{Default_Ignorable_Code_Point}`, "gu");

/**
 * `text` in the form in which names are shown and compared: NFC, with one space for blanks and none at
 * its ends, and without characters that can't be seen (zero width, fillers, the direction of text) but
 * where an emoji or a script needs them. May be empty. Applied again it changes nothing.
 */
export function plainName(text: string): string {
  let plain = text;
  while (!PLAIN_ASCII.test(plain)) {
    // What stood apart may come together, so it is looked at again.
    const next = plain.normalize("NFC").replace(INVISIBLE, "$1").replace(BLANKS, " ").trim();
    if (next === plain) return plain;
    plain = next;
  }
  return plain;
}

/** What to show for `text`, which came as a name or stands for one. */
export function shownName(text: string): string {
  const plain = plainName(text);
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(plain) ? plain : NAMELESS;
}
