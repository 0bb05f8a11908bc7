/** A message's text as it was written: links become links, everything else stays text. */
import { signal } from "@preact/signals";

/**
 * Checked before `EMOJI_ONLY`, which takes 30 ms to compile and is needed only for texts with something
 * like an emoji.
 */
const LIKE_EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;
/** Up to three emoji alone are shown large. */
const EMOJI_ONLY = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

type SplitLinks = typeof import("../../../links/text_links.ts").splitLinks;

/** Null until the rules for links have been loaded; texts are shown without links meanwhile. */
const splitLinks = signal<SplitLinks | null>(null);

/**
 * Loads the rules for links. They are a separate chunk, because the page shows a text without them. A browser
 * may keep a failure for as long as the page, and then texts have no links until it is loaded again.
 */
export async function loadTextLinks(): Promise<void> {
  splitLinks.value ??= (await import("../../../links/text_links.ts")).splitLinks;
}

export function MessageText({ text }: { text: string }) {
  const isEmoji = text.length <= 40 && LIKE_EMOJI.test(text) && EMOJI_ONLY.test(text);
  const pieces = splitLinks.value?.(text) ?? [{ text, href: null }];
  return (
    <p class={isEmoji ? "text emoji" : "text"} dir="auto">
      {pieces.map(({ text, href }, index) =>
        href === null
          ? text
          : <a key={index} href={href} target="_blank" rel="noopener noreferrer">{text}</a>
      )}
    </p>
  );
}
