/** A peer's initial in a quiet colour of its own. Decoration: the name always stands beside it. */

/** How many colours `styles/tokens.css` has. */
const HUES = 8;

export function Avatar({ peerId, name }: { peerId: string; name: string }) {
  return <span class="avatar" data-hue={hueOf(peerId)} aria-hidden="true">{initialOf(name)}</span>;
}

function hueOf(peerId: string): number {
  let hash = 0;
  for (let i = 0; i < peerId.length; i++) hash = (hash * 31 + peerId.charCodeAt(i)) >>> 0;
  return hash % HUES;
}

function initialOf(name: string): string {
  const first = name.match(/\p{L}|\p{N}|\p{Extended_Pictographic}/u)?.[0];
  return first?.toLocaleUpperCase() ?? "•";
}
