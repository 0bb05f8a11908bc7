/**
 * The rule on circles: no file imports itself by way of others, not even for types. Files in a circle can
 * only be read, tested and replaced together.
 */
import type { SourceFile } from "./source_files.ts";
import { usesOf } from "./uses.ts";

type Graph = Map<string, Set<string>>;

/**
 * Circles of imports among `files`, each as `a imports b imports a`. Circles that share a file may be told
 * one at a time.
 */
export function importCircles(files: readonly SourceFile[]): string[] {
  const graph = importsOf(files);
  const circles: string[] = [];
  for (dropEnds(graph); graph.size > 0; dropEnds(graph)) {
    const circle = firstCircle(graph);
    circles.push([...circle, circle[0]].join(" imports "));
    for (const path of circle) graph.delete(path);
  }
  return circles;
}

/** Each file with the files of `files` that it imports. */
function importsOf(files: readonly SourceFile[]): Graph {
  const paths = new Set(files.map(({ path }) => path));
  return new Map(files.map((file) => {
    const targets = usesOf(file).map(({ target }) => target);
    return [file.path, new Set(targets.filter((target) => paths.has(target)))];
  }));
}

/** Removes every file that imports none of the others, until all that are left import one. */
function dropEnds(graph: Graph): void {
  for (let hadEnd = true; hadEnd;) {
    hadEnd = false;
    for (const [path, targets] of graph) {
      if ([...targets].some((target) => graph.has(target))) continue;
      graph.delete(path);
      hadEnd = true;
    }
  }
}

/** Follows the imports of a graph without ends until a file comes again. */
function firstCircle(graph: Graph): string[] {
  const walked: string[] = [];
  let path = graph.keys().next().value as string;
  while (!walked.includes(path)) {
    walked.push(path);
    path = [...graph.get(path)!].find((target) => graph.has(target))!;
  }
  return walked.slice(walked.indexOf(path));
}
