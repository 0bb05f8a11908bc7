/** The checkout's own files, for tests that read files instead of running them. */
import { listFiles, ROOT } from "../../scripts/files.ts";

/** A file as it stands in the checkout. */
export interface SourceFile {
  /** Relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly source: string;
}

/** All files whose names end with one of `endings`. */
export async function readSources(endings: readonly string[]): Promise<SourceFile[]> {
  const paths = (await listFiles(ROOT)).filter((path) =>
    endings.some((ending) => path.endsWith(ending))
  );
  return await Promise.all(paths.map(async (path) => ({
    path,
    source: await Deno.readTextFile(`${ROOT}/${path}`),
  })));
}
