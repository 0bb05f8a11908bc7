/** Shows the settings to people: `--help` and the README's table, both from the table of `settings.ts`. */
import { SETTINGS } from "./settings.ts";

/** The text of `--help`. */
export function helpText(version: string): string {
  const rows: [string, string][] = SETTINGS.map((row) => [
    `--${row.flag} ${row.value}`,
    `${row.help} (${row.standard.replaceAll("`", "")}; ${row.env})`,
  ]);
  rows.push(["--help", "Show this"], ["--version", "Show the version"]);
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [
    `e-goat ${version}: a chat that works on any network`,
    "",
    "Run it, open the address it prints, send the link of your room to others.",
    "",
    "Usage: e-goat [flags]            run a node",
    "       e-goat doctor [url]       check what this network allows, against the node at url",
    "       e-goat check [--db path]  look whether all of the database is whole",
    "",
    ...rows.map(([flag, help]) => `  ${flag.padEnd(width)}  ${help}`),
    "",
    "Each can also be set by its environment variable or in a file .env in the working folder.",
  ].join("\n");
}

/** The settings as a Markdown table. */
export function settingsMarkdown(): string {
  const rows = SETTINGS.map((row) =>
    `| \`--${row.flag} ${row.value}\` | \`${row.env}\` | ${row.standard} | ${row.help} |`
  );
  return ["| flag | environment | default | what it does |", "|---|---|---|---|", ...rows].join(
    "\n",
  );
}
