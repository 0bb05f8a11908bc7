/**
 * Copies text, also over plain `http://`, where `navigator.clipboard` does not exist. There the field
 * that shows the text is selected and copied with `execCommand`.
 */

/**
 * Copies the text of `field` and returns whether that worked. If not, the text is selected, so that the
 * user can copy it by hand.
 */
export async function copyFrom(field: HTMLInputElement): Promise<boolean> {
  if (await copyByApi(field.value)) return true;
  field.focus();
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  }
}

async function copyByApi(text: string): Promise<boolean> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) return false;
  try {
    await clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
