/** Formats rows as one aligned Markdown table. */
import type { Row } from "./bench.ts";

const HEAD = ["what", "measured", "to reach", "beside it", "ratio"];

/** The table as lines. Each further comparison figure of a row gets its own line below the row. */
export function tableLines(rows: readonly Row[]): string[] {
  const cells = rows.flatMap(rowCells);
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => line[column]!.length))
  );
  const line = (items: readonly string[]) =>
    `| ${items.map((item, column) => item.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(HEAD), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)];
}

function rowCells({ what, measured, toReach, isReached, beside }: Row): string[][] {
  const [first, ...others] = beside;
  const mark = isReached ? "" : " (missed)";
  return [
    [what, measured, toReach + mark, first?.text ?? "", ratio(first?.ratio)],
    ...others.map(({ text, ratio: value }) => ["", "", "", text, ratio(value)]),
  ];
}

function ratio(value: number | undefined): string {
  return value === undefined ? "" : `${value.toFixed(2)}x`;
}
