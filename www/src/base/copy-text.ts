/**
 * Copies a text; where the browser refuses, it is selected for the keyboard.
 *
 * @param field that shows it
 * @param noun what the text is called
 * @returns what became of it, in words
 */
export async function copyText(text: string, field: HTMLTextAreaElement, noun: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return 'Copied.';
  } catch {
    field.focus();
    field.select();
    return `The browser refuses to copy. The ${noun} is selected: copy it with the keyboard.`;
  }
}
