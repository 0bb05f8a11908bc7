/** A message's text as it was written: links become links, everything else stays text. */
import { splitLinks } from "../../../links/text_links.ts";

/**
 * Checked before `EMOJI_ONLY`, which takes 30 ms to compile and is needed only for texts with something
 * like an emoji.
 */
const LIKE_EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;
/** Up to three emoji alone are shown large. */
const EMOJI_ONLY = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

export function MessageText({ text }: { text: string }) {
  const isEmoji = text.length <= 40 && LIKE_EMOJI.test(text) && EMOJI_ONLY.test(text);
  return (
    <p class={isEmoji ? "text emoji" : "text"} dir="auto">
      {splitLinks(text).map(({ text, href }, index) =>
        href === null
          ? text
          : <a key={index} href={href} target="_blank" rel="noopener noreferrer">{text}</a>
      )}
    </p>
  );
}
