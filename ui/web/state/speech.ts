/**
 * What is said to those who hear the page: new messages in one live region, changes of state in
 * another. The log itself is not live, so nothing of it is read twice.
 */
import { signal } from "@preact/signals";
import type { ChatMessage } from "../../../transport/view.ts";
import { counted, nameList } from "./list_words.ts";

export interface Spoken {
  readonly id: number;
  readonly text: string;
}

/** More at once are summed up: reading ten messages aloud would drown what comes next. */
const MOST_READ = 3;
/** A long paste is begun, not read to its end. */
const MOST_CHARS = 300;
/** How many stay in the region; screen readers read what is added. */
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

  /** Empties both regions: another page is shown. */
  clear(): void {
    this.messages.value = [];
    this.status.value = [];
  }

  #add(list: readonly Spoken[], text: string): readonly Spoken[] {
    return [...list, { id: this.#nextId++, text }].slice(-KEPT);
  }
}

/** What is read of messages that came together. */
export function messageSpeech(messages: readonly ChatMessage[]): string[] {
  if (messages.length > MOST_READ) {
    const names = [...new Set(messages.map((message) => message.name))];
    return [`${counted(messages.length, "new message")} from ${nameList(names)}`];
  }
  return messages.map(({ name, text }) =>
    `${name}: ${text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text}`
  );
}
