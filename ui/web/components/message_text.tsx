/** A message's text: as it was written, links as links, everything else as text. */
import { splitLinks } from "../state/text_links.ts";

/** Up to three emoji alone are shown large. */
const EMOJI_ONLY = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

export function MessageText({ text }: { text: string }) {
  const isEmoji = text.length <= 40 && EMOJI_ONLY.test(text);
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
