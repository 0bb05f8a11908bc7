/**
 * Finds the things that a file uses from outside itself: imports of all kinds, and the platform's
 * globals. It reads the syntax tree of `deno lint`, so comments and strings are not mistaken for code.
 */
import type { SourceFile } from "./source_files.ts";

/** One thing that a file uses. */
export interface Use {
  readonly file: string;
  /** As it is written: `../transport/view.ts`, `hono`, `Deno`. */
  readonly written: string;
  /** A path in the checkout, a package or built-in as written, or `global:Deno`. */
  readonly target: string;
  /** Only types: nothing of the target exists when the program runs. */
  readonly isType: boolean;
}

/** Globals that browsers and Deno do not share. */
const PLATFORM_GLOBALS = new Set([
  "Deno",
  "document",
  "history",
  "localStorage",
  "location",
  "navigator",
  "process",
  "sessionStorage",
  "window",
]);

/**
 * All uses in one file: first its imports in source order, then its globals.
 * @throws when the file can't be parsed.
 */
export function usesOf({ path, source }: SourceFile): Use[] {
  const uses: Use[] = [];
  const globals = new Set<string>();
  const declared = new Set<string>();
  const add = (written: unknown, isType: boolean) => {
    if (typeof written !== "string") return;
    uses.push({ file: path, written, target: resolve(path, written), isType });
  };
  const declare = (node: Deno.lint.Node | Deno.lint.Parameter) => {
    if (node.type === "Identifier") declared.add(node.name);
  };
  const plugin: Deno.lint.Plugin = {
    name: "uses",
    rules: {
      uses: {
        create: () => ({
          ImportDeclaration: (node) => add(node.source.value, node.importKind === "type"),
          ExportAllDeclaration: (node) => add(node.source.value, node.exportKind === "type"),
          ExportNamedDeclaration: (node) => add(node.source?.value, node.exportKind === "type"),
          ImportExpression: (node) =>
            add(node.source.type === "Literal" && node.source.value, false),
          // A type such as `typeof import("./x.ts")`.
          TSImportType: ({ argument }) =>
            add(argument.type === "TSLiteralType" && literalOf(argument), true),
          VariableDeclarator: (node) => declare(node.id),
          FunctionDeclaration: (node) => node.params.forEach(declare),
          FunctionExpression: (node) => node.params.forEach(declare),
          ArrowFunctionExpression: (node) => node.params.forEach(declare),
          MemberExpression: ({ object }) => {
            if (object.type === "Identifier") globals.add(object.name);
          },
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, path, source);
  for (const name of globals) {
    if (!PLATFORM_GLOBALS.has(name) || declared.has(name)) continue;
    uses.push({ file: path, written: name, target: `global:${name}`, isType: false });
  }
  return uses;
}

function literalOf({ literal }: Deno.lint.TSLiteralType): unknown {
  return literal.type === "Literal" ? literal.value : null;
}

/** The path in the checkout of a relative import. Other imports stay as they are. */
function resolve(file: string, written: string): string {
  if (!written.startsWith(".")) return written;
  return new URL(written, `file:///${file}`).pathname.slice(1);
}
