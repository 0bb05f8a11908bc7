/**
 * Text for screen readers: new messages in one live region, changes of state in another. The log itself
 * is not live, so nothing in it is read twice.
 */
import { signal } from "@preact/signals";
import type { ChatMessage } from "../../../transport/view.ts";
import { counted, nameList } from "../../words/lists.ts";

export interface Spoken {
  readonly id: number;
  readonly text: string;
}

/** More messages at once are summed up: reading ten of them aloud would drown the next ones. */
const MOST_READ = 3;
/** Characters of a message that are read; the rest of a long paste is left out. */
const MOST_CHARS = 300;
/** Lines that stay in a region. Screen readers read only added lines. */
const KEPT = 6;

export class Speech {
  readonly messages = signal<readonly Spoken[]>([]);
  readonly status = signal<readonly Spoken[]>([]);
  #nextId = 1;

  sayMessages(messages: readonly ChatMessage[]): void {
    for (const text of messageSpeech(messages)) {
      this.messages.value = this.#add(this.messages.peek(), text);
    }
  }

  sayStatus(text: string): void {
    this.status.value = this.#add(this.status.peek(), text);
  }

  /** Empties both regions, because another page is shown. */
  clear(): void {
    this.messages.value = [];
    this.status.value = [];
  }

  #add(list: readonly Spoken[], text: string): readonly Spoken[] {
    return [...list, { id: this.#nextId++, text }].slice(-KEPT);
  }
}

/** The lines to read for messages that came together. */
export function messageSpeech(messages: readonly ChatMessage[]): string[] {
  if (messages.length > MOST_READ) {
    const names = [...new Set(messages.map((message) => message.name))];
    return [`${counted(messages.length, "new message")} from ${nameList(names)}`];
  }
  return messages.map(({ name, text }) =>
    `${name}: ${text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text}`
  );
}
