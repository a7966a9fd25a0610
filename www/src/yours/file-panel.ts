/**
 * A file beside what was understood of each of its lines. What a line means stands in its
 * row; lines without a word are structure, or belong to what a line before them says.
 */

import { group } from 'd3-array';
import type { TemplateResult } from 'lit/html.js';
import { html, nothing } from 'lit/html.js';
import { count } from '../base/format.ts';
import type { Import, ImportNote, ImportSource } from '../engine/engine.ts';
import type { FileFault } from '../engine/foreign.ts';

/** How a line was understood, in words. */
export const UNDERSTOOD: Record<ImportNote['understood'], string> = {
  read: 'read',
  guessed: 'guessed',
  ignored: 'no effect here',
  not_modelled: 'not modelled',
};

/** Lines of a file that are shown; nobody reads more. */
const MOST_LINES = 2000;

/** What is said of a line: by a note, or why nothing could be read. */
type Said = { kind: ImportNote['understood'] | 'fault' | 'warning'; words: string };

/**
 * @param onchange leads to where the guess of a note is corrected
 */
export function filePanel(
  file: ImportSource,
  index: number,
  found: Import | null,
  problems: FileFault[],
  onchange: (note: ImportNote) => void,
): TemplateResult {
  const lines = file.text.replace(/\r?\n$/, '').split(/\r?\n/);
  const notes = group(found?.notes.filter((note) => note.file === index) ?? [], ({ line }) => line ?? 0);
  const warnings = group(found?.warnings.filter((one) => one.file === index) ?? [], ({ line }) => line ?? 0);
  const wrong = group(
    problems.filter((problem) => problem.file === index),
    ({ line }) => line ?? 0,
  );
  const row = (text: string, i: number) => {
    const line = i + 1;
    const here = notes.get(line) ?? [];
    const said: Said[] = [
      ...(wrong.get(line) ?? []).map(({ message }): Said => ({ kind: 'fault', words: message })),
      ...here.map(({ understood, meaning }): Said => ({ kind: understood, words: meaning })),
      ...(warnings.get(line) ?? []).map(({ message }): Said => ({ kind: 'warning', words: message })),
    ];
    const guess = here.find(({ understood }) => understood === 'guessed');
    return html`<tr data-line=${line} class=${said[0]?.kind ?? ''}>
      <th scope="row">${line}</th>
      <td class="source"><code>${text}</code></td>
      <td class="meaning">${said.map(saying)}${
        guess
          ? html`<button type="button" class="link" aria-label="Change what line ${line} measures" @click=${() => onchange(guess)}>change</button>`
          : nothing
      }</td>
    </tr>`;
  };
  return html`<section class="card source-file" role="group" aria-label="${file.name}, as understood">
    <h3>${file.name}, as understood</h3>
    <div class="scroll source-scroll" tabindex="0" role="group" aria-label="Lines of ${file.name}">
      <table>
        <thead class="unseen">
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Text</th>
            <th scope="col">Understood as</th>
          </tr>
        </thead>
        <tbody>${lines.slice(0, MOST_LINES).map(row)}</tbody>
      </table>
    </div>
    ${lines.length > MOST_LINES ? html`<p class="quiet">The first ${count(MOST_LINES)} of ${count(lines.length)} lines.</p>` : nothing}
  </section>`;
}

const saying = ({ kind, words }: Said) => html`<span class="said ${kind}" data-understood=${kind}
  ><b>${kind === 'fault' ? 'fault' : kind === 'warning' ? 'note' : UNDERSTOOD[kind]}</b>${words ? html` ${words}` : nothing}</span
>`;
