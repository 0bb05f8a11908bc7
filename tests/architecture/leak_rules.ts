/**
 * The rule for tests that switch off Deno's leak checks. An operation that such a test leaves running
 * may end during a later test of the same file. The later test then fails, in one run of many. The rule
 * sees calls of `Deno.test` and the options in their file, but not through functions that wrap
 * `Deno.test`.
 */
import type { SourceFile } from "./source_files.ts";

/** Tests with leak checks that come after a test without them, as `file:line: reason`. */
export function leakViolations({ path, source }: SourceFile): string[] {
  const exempting = new Set<string>();
  const tests: { line: number; isExempt: boolean }[] = [];
  const textOf = ({ range: [start, end] }: Deno.lint.Node) => source.slice(start, end);
  const plugin: Deno.lint.Plugin = {
    name: "leaks",
    rules: {
      leaks: {
        create: () => ({
          VariableDeclarator: (node) => {
            const isExempting = node.init?.type === "ObjectExpression" && names(textOf(node.init));
            if (isExempting && node.id.type === "Identifier") exempting.add(node.id.name);
          },
          CallExpression: (node) => {
            if (textOf(node.callee) !== "Deno.test") return;
            const isExempt = node.arguments.some((argument) =>
              argument.type === "Identifier"
                ? exempting.has(argument.name)
                : argument.type === "ObjectExpression" &&
                  (names(textOf(argument)) ||
                    [...exempting].some((name) => textOf(argument).includes(`...${name}`)))
            );
            tests.push({ line: source.slice(0, node.range[0]).split("\n").length, isExempt });
          },
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, path, source);
  const first = tests.findIndex(({ isExempt }) => isExempt);
  return tests
    .filter(({ isExempt }, index) => first >= 0 && index > first && !isExempt)
    .map(({ line }) =>
      `${path}:${line}: a test with leak checks stands behind one without; give it a file of its own`
    );
}

function names(text: string): boolean {
  return /\bsanitize(Ops|Resources)\b/.test(text);
}
