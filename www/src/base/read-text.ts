/** Files as texts. */

/**
 * The text of a file. Throws, in words for people, where it is none.
 *
 * @param what it is to be, `a configuration`
 * @param most bytes that it may have: a page has no use for reading more
 */
export async function readText(file: File, what: string, most: number) {
  if (file.size > most) {
    const [size, limit] = [file.size, most].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`);
    throw new Error(`it has ${size}, ${what} at most ${limit}.`);
  }
  if (file.size === 0) throw new Error('it is empty.');
  const bytes = new Uint8Array(await file.arrayBuffer());
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new Error(`it is text in UTF-16, ${what} is text in UTF-8.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`it is no text: ${placeOfFault(bytes)} is no UTF-8, as ${what} is.`);
  }
}

/** Where bytes stop being UTF-8. */
function placeOfFault(bytes: Uint8Array) {
  // What is decoded without a fault is as long as it was.
  const start = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\ufffd', 1)[0];
  return `what stands at byte ${new TextEncoder().encode(start).length + 1}`;
}
