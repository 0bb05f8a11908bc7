/** Tells files from text in what is dropped or pasted. Pure. */

/** The part of `DataTransfer` that is used here. */
export type Carried = Pick<DataTransfer, "types" | "getData"> & {
  readonly files: ArrayLike<Pick<File, "name">>;
};

/** Whether there is a file in it. That is all that may be asked while something is dragged. */
export function hasFiles({ types }: Pick<Carried, "types">): boolean {
  return types.includes("Files");
}

/** Whether there is text in it, which a field takes by itself. */
export function hasText({ types }: Pick<Carried, "types">): boolean {
  return types.includes("text/plain");
}

/**
 * Whether it is files that somebody means. Word and Excel put a picture beside the text that was
 * copied; file managers put names or paths beside the files.
 */
export function isFiles(carried: Carried): boolean {
  if (!hasFiles(carried)) return false;
  const names = Array.from(carried.files, ({ name }) => name);
  const lines = carried.getData("text/plain").split(/[\r\n]+/).filter((line) => line.trim() !== "");
  return lines.every((line) => names.some((name) => line.trim().endsWith(name)));
}
