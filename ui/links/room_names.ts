/**
 * Names for new rooms: easy to say, hard to guess. An open room is protected by its name alone, so the
 * name carries 52 random bits: in two words that people can say, and in eight characters behind them.
 */

/** 64 colours and 64 places: a power of two, so that a byte picks one without bias. */
const COLOURS = (
  "amber ashen azure brisk calm clear coral crisp dusky early fair " +
  "fern frosty gentle golden grand green hazel high honey indigo ivory " +
  "jade kind late light lilac little lofty lucky mellow merry misty " +
  "mossy noble northern open pale pine plain quick quiet rosy rugged " +
  "russet sandy silver sleepy slow snowy soft southern steady stony sunny " +
  "swift tall tawny violet warm western wild windy wise"
).split(" ");

const PLACES = (
  "alp arch barn bell birch bluff bridge brook cabin cairn canyon " +
  "cedar chalet cliff clover cloud creek crest dale dune falls fell " +
  "field fjord forest gate glen gorge grove harbor heath hill hollow " +
  "ibex island kid lake larch ledge marmot meadow mesa mill moor " +
  "orchard pass pasture path peak pond rapid ridge river rock saddle " +
  "shore slope spring stream summit thicket trail valley willow"
).split(" ");

/** Crockford's base 32: without letters that look like digits or like each other. */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const TAIL_LENGTH = 8;

/** `crypto.getRandomValues`, which works over plain `http://` too. */
export type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => void;

const systemRandom: FillRandom = (bytes) => void crypto.getRandomValues(bytes);

/** A name such as `quiet-summit-7k2m-9xqd`. */
export function randomRoomName(fillRandom: FillRandom = systemRandom): string {
  const bytes = new Uint8Array(2 + TAIL_LENGTH);
  fillRandom(bytes);
  const pick = (from: ArrayLike<string>, index: number) => from[bytes[index]! % from.length]!;
  const tail = Array.from({ length: TAIL_LENGTH }, (_, i) => pick(DIGITS, i + 2)).join("");
  return `${pick(COLOURS, 0)}-${pick(PLACES, 1)}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}
