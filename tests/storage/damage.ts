/**
 * A database of three rooms, one of which has an overwritten page. The database is larger than what a
 * start checks in full.
 */
import { message, openStore } from "./temp_store.ts";

const PAGE_BYTES = 4096;
export const ROOMS = ["whole-1", "damaged", "whole-2"];
/** Messages in each room. */
export const MESSAGES = 40;

/** Makes the database at `path`: 8 MB, of texts that take several pages each. */
export async function makeDamaged(path: string): Promise<void> {
  const store = await openStore(path);
  const texts = ROOMS.flatMap((room) =>
    Array.from({ length: MESSAGES }, (_, index) => {
      const needle = `${room}-needle-${index}-`;
      return message({ room, text: `goat ${needle.repeat(60_000 / needle.length)}` });
    })
  );
  await Promise.all(texts.map((one) => store.append(one)));
  await store.close();
  await overwrite(path, "damaged-needle-20-");
}

/** Overwrites one page in the middle of the long text that contains `text`. */
export async function overwrite(path: string, text: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  const from = new TextDecoder("latin1").decode(bytes).indexOf(text);
  const page = Math.floor(from / PAGE_BYTES) + 3;
  bytes.fill(0xff, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  await Deno.writeFile(path, bytes);
}
