/** A configuration opened from a file and saved to one, or copied where frames forbid files. */

import { copyText } from '../base/copy-text.ts';
import { h } from '../base/dom.ts';
import { icon } from '../base/icons.ts';
import { get, parsed } from '../base/json-path.ts';
import { isFramed, saveFile } from '../base/save-file.ts';
import { limits } from '../engine/catalogue.ts';
import { messageOf } from '../engine/engine.ts';

export class ConfigFile {
  onopen: (text: string) => void;
  #file = h('input', {
    type: 'file',
    hidden: true,
    onchange: () => this.#openFirst(this.#file.files),
  });
  #told = h('p', { class: 'message', role: 'status' });
  element;

  /**
   * @param box that shows the configuration; files can be dropped on it
   * @param current the configuration's text
   */
  constructor(box: HTMLTextAreaElement, onopen: (text: string) => void, current: () => string) {
    this.onopen = onopen;
    const save = () => {
      const name = `${fileName(current())}.json`;
      saveFile(name, current(), 'application/json');
      const framed = 'If no file appears, the page around this one forbids it: copy the text instead.';
      this.#tell(`Saved as ${name}. ${isFramed() ? framed : ''}`);
    };
    const copy = async () => this.#tell(await copyText(current(), box, 'text'));
    box.addEventListener('dragover', (event) => event.preventDefault());
    box.addEventListener('drop', (event) => {
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.#openFirst(event.dataTransfer.files);
    });
    const button = (name: string, onclick: () => void, picture: Node) =>
      h('button', { type: 'button', onclick }, picture, name);
    this.element = h(
      'div',
      { class: 'config-file' },
      h(
        'div',
        { class: 'row', role: 'group', 'aria-label': 'The configuration as a file' },
        button('Open…', () => this.#file.click(), icon('open')),
        button('Save', save, icon('save')),
        h('button', { type: 'button', onclick: copy }, 'Copy'),
        this.#file,
      ),
      this.#told,
    );
  }

  async #openFirst(files: FileList | null) {
    const file = files?.[0];
    if (!file) return;
    try {
      const text = await readText(file);
      this.#tell(`Opened ${file.name}.`);
      this.onopen(text);
    } catch (error) {
      this.#tell(`${file.name} was not opened: ${messageOf(error)}`, 'error');
    }
    // The same file, mended, can be opened again.
    this.#file.value = '';
  }

  #tell(text: string, kind: 'info' | 'error' = 'info') {
    this.#told.textContent = text;
    this.#told.className = `message ${kind}`;
  }
}

/** The text of a file. Throws, in words for people, where it is none. */
async function readText(file: File) {
  // The engine reads no longer text, and a page has no use for reading one.
  const { config_bytes } = limits();
  if (file.size > config_bytes) {
    const [size, most] = [file.size, config_bytes].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`);
    throw new Error(`it has ${size}, a configuration at most ${most}.`);
  }
  if (file.size === 0) throw new Error('it is empty.');
  const bytes = new Uint8Array(await file.arrayBuffer());
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new Error('it is text in UTF-16, a configuration is JSON in UTF-8.');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`it is no text: ${placeOfFault(bytes)} is no UTF-8. A configuration is JSON.`);
  }
}

/** Where bytes stop being UTF-8. */
function placeOfFault(bytes: Uint8Array) {
  // What is decoded without a fault is as long as it was.
  const start = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\ufffd', 1)[0];
  return `what stands at byte ${new TextEncoder().encode(start).length + 1}`;
}

/**
 * A file's name after the configuration's, of letters and digits.
 *
 * @param text of the configuration
 */
function fileName(text: string) {
  const name = String(get(parsed(text), 'name') ?? '').replace(/[^\p{L}\p{N}]+/gu, '-');
  return name.replace(/^-|-$/g, '').slice(0, 60) || 'rollout';
}
