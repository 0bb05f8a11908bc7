/**
 * Tables that `transport/README.md` keeps of the lab's latest run: each stands between two comments
 * with its name. They are written with `EGOAT_LAB_WRITE=1`, and by runs that passed alone.
 */

const README = new URL("../../transport/README.md", import.meta.url);

/** Puts `markdown` in the place of the table `name`, when that is wanted. */
export async function keepTable(name: string, markdown: string): Promise<void> {
  if (Deno.env.get("EGOAT_LAB_WRITE") !== "1") return;
  const text = await Deno.readTextFile(README);
  await Deno.writeTextFile(README, withTable(text, { name, markdown }));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", README.pathname] }).output();
}

/**
 * `text` with the table replaced.
 * @throws {Error} when it has no place for it.
 */
export function withTable(
  text: string,
  { name, markdown }: { name: string; markdown: string },
): string {
  const [begin, end] = [`<!-- lab: ${name} -->`, `<!-- lab: end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`transport/README.md has no ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${markdown}\n\n${text.slice(to)}`;
}
