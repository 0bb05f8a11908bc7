/**
 * A room's whole history as a file: asks `GET /history` page by page until there is no more, and
 * formats it as JSON or as text. Owns the paging and the two formats; the page saves the file.
 */
import * as z from "zod/mini";
import { LIMITS, type StoredMessage, storedMessage } from "../../transport/protocol/mod.ts";

export type ExportFormat = "json" | "text";

export interface ExportOptions {
  readonly signal: AbortSignal;
  /** Called with the number of messages read so far. */
  onProgress(count: number): void;
}

const page = z.array(storedMessage);

/**
 * Reads all messages of `room` that the node at `nodeUrl` has, in ascending order.
 * @throws {Error} with a reason for people when the node can't be reached or refuses.
 * @throws {DOMException} `AbortError` when `signal` is aborted.
 */
export async function readHistory(
  source: { fetch: typeof fetch; nodeUrl: string; room: string },
  options: ExportOptions,
): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = [];
  for (let since = 0;;) {
    const rows = await readPage(source, since, options.signal);
    const last = rows.at(-1);
    if (last === undefined) return messages;
    messages.push(...rows);
    since = last.timestamp;
    options.onProgress(messages.length);
  }
}

async function readPage(
  source: { fetch: typeof fetch; nodeUrl: string; room: string },
  since: number,
  signal: AbortSignal,
): Promise<StoredMessage[]> {
  const url = new URL("/history", source.nodeUrl);
  url.searchParams.set("room", source.room);
  url.searchParams.set("since", String(since));
  url.searchParams.set("limit", String(LIMITS.historyRows));
  const response = await source.fetch(url, { signal });
  if (!response.ok) throw new Error(`The node answered ${response.status}.`);
  const result = page.safeParse(await response.json());
  if (!result.success) throw new Error("The node's answer is not a history.");
  return result.data;
}

/** The file's content. */
export function formatHistory(messages: readonly StoredMessage[], format: ExportFormat): string {
  if (format === "json") {
    return `[${messages.map((message) => `\n  ${JSON.stringify(message)}`).join(",")}\n]\n`;
  }
  return messages.map((message) =>
    `[${localStamp(message.timestamp)}] ${message.name}: ${
      message.text.replaceAll("\n", "\n    ")
    }\n`
  ).join("");
}

function localStamp(timestamp: number): string {
  const date = new Date(timestamp * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** A file name that every system accepts. */
export function exportFileName(room: string, format: ExportFormat): string {
  const safe = room.replace(/[^\p{L}\p{N}._-]+/gu, "_").replace(/^[._]+/, "") || "room";
  return `e-goat-${safe}.${format === "json" ? "json" : "txt"}`;
}
