/** Distinguishes files from text in dropped or pasted data. Pure. */

/** The part of `DataTransfer` that is used here. */
export type Carried = Pick<DataTransfer, "types" | "getData"> & {
  readonly files: ArrayLike<Pick<File, "name">>;
};

/** Whether the data holds a file. While something is dragged, the browser answers nothing more. */
export function hasFiles({ types }: Pick<Carried, "types">): boolean {
  return types.includes("Files");
}

/** Whether the data holds text, which a text field accepts by itself. */
export function hasText({ types }: Pick<Carried, "types">): boolean {
  return types.includes("text/plain");
}

/**
 * Whether the user means the files. Word and Excel put a picture beside the copied text; file managers
 * put names or paths beside the files.
 */
export function isFiles(carried: Carried): boolean {
  if (!hasFiles(carried)) return false;
  const names = Array.from(carried.files, ({ name }) => name);
  const lines = carried.getData("text/plain").split(/[\r\n]+/).filter((line) => line.trim() !== "");
  return lines.every((line) => names.some((name) => line.trim().endsWith(name)));
}
