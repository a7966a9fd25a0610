/**
 * Copies a text; where the browser refuses, it is selected for the keyboard.
 * @param {string} text
 * @param {HTMLTextAreaElement} field that shows it
 * @param {string} noun what the text is called
 * @returns {Promise<string>} what became of it, in words
 */
export async function copyText(text, field, noun) {
  try {
    await navigator.clipboard.writeText(text);
    return 'Copied.';
  } catch {
    field.focus();
    field.select();
    return `The browser refuses to copy. The ${noun} is selected: copy it with the keyboard.`;
  }
}
