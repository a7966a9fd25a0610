/** Files that the page hands to the reader; nothing is sent anywhere. */

/** How long a browser may take to read what is saved, in ms. */
const READ_MS = 40_000;

/**
 * Offers a text as a file. Whether the browser takes it, it does not tell: a
 * frame may be forbidden to save anything.
 *
 * @param name of the file
 * @param type its MIME type
 */
export function saveFile(name: string, text: string, type: string) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), READ_MS);
}

/** Whether the page stands in another one, which may forbid it to save files. */
export const isFramed = () => window.parent !== window;
