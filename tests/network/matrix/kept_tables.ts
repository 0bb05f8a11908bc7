/**
 * Tables of the lab's latest run in `transport/README.md`. Each stands between two comments with its
 * name. Only runs that passed write them, and only with `EGOAT_LAB_WRITE=1`.
 */

const README = new URL("../../../transport/README.md", import.meta.url);

/** Replaces the table `name` by `markdown`, if `EGOAT_LAB_WRITE` is 1. */
export async function keepTable(name: string, markdown: string): Promise<void> {
  if (Deno.env.get("EGOAT_LAB_WRITE") !== "1") return;
  const text = await Deno.readTextFile(README);
  await Deno.writeTextFile(README, withTable(text, { name, markdown }));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", README.pathname] }).output();
}

/**
 * Returns `text` with the table `name` replaced by `markdown`.
 * @throws {Error} when `text` lacks the two comments around the table.
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
