/** Times in words: of a message, of a day, since when. Pure; the time zone is the browser's. */

// Formats are made when first needed: each costs the first paint some 15 ms.
const time = lazy(undefined, { hour: "2-digit", minute: "2-digit" });
const day = lazy("en-GB", { weekday: "long", day: "numeric", month: "long" });
const dayOfYear = lazy("en-GB", { day: "numeric", month: "long", year: "numeric" });

function lazy(locale: string | undefined, options: Intl.DateTimeFormatOptions) {
  let format: Intl.DateTimeFormat | null = null;
  return (ms: number) => (format ??= new Intl.DateTimeFormat(locale, options)).format(ms);
}

/** Hours and minutes, as the browser's language writes them. */
export function timeWords(ms: number): string {
  return time(ms);
}

/** A key that is equal for two moments of the same local day. */
export function dayKey(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** "Today", "Yesterday", "Monday 3 March"; with the year when it is not the current one. */
export function dayWords(ms: number, nowMs: number): string {
  if (dayKey(ms) === dayKey(nowMs)) return "Today";
  const yesterday = new Date(nowMs);
  yesterday.setDate(yesterday.getDate() - 1);
  if (dayKey(ms) === dayKey(yesterday.getTime())) return "Yesterday";
  const isThisYear = new Date(ms).getFullYear() === new Date(nowMs).getFullYear();
  return (isThisYear ? day : dayOfYear)(ms);
}

/** "14:02", with the day when it is not today. */
export function momentWords(ms: number, nowMs: number): string {
  const words = timeWords(ms);
  return dayKey(ms) === dayKey(nowMs) ? words : `${dayWords(ms, nowMs)}, ${words}`;
}

/** "now", "in 1 second", "in 12 seconds". */
export function countdownWords(untilMs: number, nowMs: number): string {
  const seconds = Math.ceil((untilMs - nowMs) / 1000);
  if (seconds <= 0) return "now";
  return `in ${seconds} ${seconds === 1 ? "second" : "seconds"}`;
}
