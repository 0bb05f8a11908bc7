/** Lists and counts as people say them. Pure. */

/**
 * Wraps a name for use in a sentence, so that its writing direction ends with it (UAX #9, FSI and PDI).
 */
export function isolate(name: string): string {
  return `\u2068${name}\u2069`;
}

/** "Ann", "Ann and Ben", "Ann, Ben and Cy", "Ann, Ben and 4 others". */
export function nameList(names: readonly string[], most = 3): string {
  const isolated = names.map(isolate);
  if (names.length > most) {
    const shown = isolated.slice(0, most - 1);
    return `${shown.join(", ")} and ${names.length - shown.length} others`;
  }
  if (names.length < 2) return isolated[0] ?? "";
  return `${isolated.slice(0, -1).join(", ")} and ${isolated.at(-1)}`;
}

/** "1 message", "3 messages". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
