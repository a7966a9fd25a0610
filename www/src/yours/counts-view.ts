/** What was read of recorded counts, series by series, and what can be done with them. */

import type { TemplateResult } from 'lit/html.js';
import { html, nothing } from 'lit/html.js';
import { count, counted, cut, MOST_LISTED, MOST_OF_MESSAGE } from '../base/format.ts';
import { lengthOf, momentOf } from '../base/moment.ts';
import type { ReadRecord } from '../engine/counts.ts';
import type { CountsReading, ImportSource } from '../engine/engine.ts';

type Series = CountsReading['understood'][number];

const VERSIONS = ['', 'baseline.', 'canary.'];
const VERSION_WORDS: Record<string, string> = { '': 'As the labels say', 'baseline.': 'Baseline', 'canary.': 'Canary' };
const COUNT_UNITS = ['per step', 'per second', 'per minute', 'as counter'];
const LATENCY_UNITS = ['in ms', 'in s', 'in us', 'in ns'];
/** What a series can measure, in words, and in which units. */
const MEASURES: [measure: string, words: string, units: string[]][] = [
  ['requests', 'requests', COUNT_UNITS],
  ['errors', 'errors', COUNT_UNITS],
  ['successes', 'successes', COUNT_UNITS],
  ['error_rate', 'error rate', ['as ratio', 'in percent']],
  ['success_rate', 'success rate', ['as ratio', 'in percent']],
  ['p50', 'latency, p50', LATENCY_UNITS],
  ['p95', 'latency, p95', LATENCY_UNITS],
  ['p99', 'latency, p99', LATENCY_UNITS],
  ['nothing', 'nothing: left out', []],
];

/** What was read, in a sentence. */
export function recordWords({ reading, record }: ReadRecord) {
  const { start, step_seconds, steps, versions: recorded } = record;
  const kinds = [...new Set(reading.kinds)].join(', ');
  const versions = recorded === 2 ? 'Two versions: a baseline and a canary.' : 'One version.';
  const moment = (seconds: number) => html`<span class="moment">${momentOf(seconds)}</span>`;
  return html`${kinds}: ${lengthOf(steps * step_seconds)} in ${counted(steps, 'step')} of ${lengthOf(step_seconds)}, from
    ${moment(start)} to ${moment(start + steps * step_seconds)}. ${versions}`;
}

/**
 * The series, each with what it was taken as, to be corrected.
 *
 * @param ontake called with a series and its role
 * @param more what stands under them
 */
export function seriesCard(
  { understood }: CountsReading,
  files: ImportSource[],
  ontake: (series: string, role: string) => void,
  more: TemplateResult,
) {
  const guessed = understood.filter(({ told }) => !told).length;
  return html`<section class="card bindings" role="group" aria-label="What the series are">
    <h3>What the series are</h3>
    ${understood.slice(0, MOST_LISTED).map((one, i) => seriesRow(one, i, files, ontake))}
    ${
      understood.length > MOST_LISTED
        ? html`<p class="quiet">and ${counted(understood.length - MOST_LISTED, 'more series').replace('seriess', 'series')}</p>`
        : nothing
    }
    ${guessed > 0 ? html`<p class="quiet">Guessed from names and labels. What you correct is read anew.</p>` : nothing}
    ${more}
  </section>`;
}

function seriesRow(
  { file, series, role, told, why }: Series,
  i: number,
  files: ImportSource[],
  ontake: (series: string, role: string) => void,
) {
  const [, version = '', measure = '', unit = ''] = role.match(/^(baseline\.|canary\.)?(\S+)(?: (.*))?$/) ?? [];
  const measures = MEASURES.some(([name]) => name === measure)
    ? MEASURES
    : [[measure, `latency, ${measure}`, LATENCY_UNITS] as (typeof MEASURES)[number], ...MEASURES];
  const units = measures.find(([name]) => name === measure)?.[2] ?? [];
  const value = ({ currentTarget }: Event) => (currentTarget as HTMLSelectElement).value;
  const take = (parts: { version?: string; measure?: string; unit?: string }) => {
    const next = { version, measure, unit, ...parts };
    const known = measures.find(([name]) => name === next.measure)?.[2] ?? [];
    const words = known.includes(next.unit) ? ` ${next.unit}` : '';
    ontake(series, next.measure === 'nothing' ? 'nothing' : `${next.version}${next.measure}${words}`);
  };
  return html`<div class="binding series" role="group" aria-label=${series} data-series=${series}>
    <p class="series-name">${files.length > 1 ? html`<span class="quiet">${files[file]?.name}: </span>` : nothing}${series}</p>
    <div class="row">
      <select aria-label="What it measures" aria-describedby="series-why-${i}" @change=${(event: Event) => take({ measure: value(event) })}>
        ${measures.map(([name, words]) => html`<option value=${name} .selected=${name === measure}>${words}</option>`)}
      </select>
      ${
        units.length > 0
          ? html`<select aria-label="Its unit" @change=${(event: Event) => take({ unit: value(event) })}>
              ${(units.includes(unit) ? units : [unit, ...units]).map(
                (name) => html`<option value=${name} .selected=${name === unit}>${name || 'guess the unit'}</option>`,
              )}
            </select>`
          : nothing
      }
      ${
        measure === 'nothing'
          ? nothing
          : html`<select aria-label="Its version" @change=${(event: Event) => take({ version: value(event) })}>
              ${VERSIONS.map((name) => html`<option value=${name} .selected=${name === version}>${VERSION_WORDS[name]}</option>`)}
            </select>`
      }
    </div>
    <p class="hint" id="series-why-${i}">${told ? html`<b>told</b>` : html`<b>guessed:</b> ${why}`}</p>
  </div>`;
}

/** What the files do not say, and what is probably a mistake. */
export function readingNotes({ warnings, assumed }: CountsReading, files: ImportSource[]) {
  if (warnings.length + assumed.length === 0) return nothing;
  const more = warnings.length - MOST_LISTED;
  const place = ({ file, line }: CountsReading['warnings'][number]) =>
    file === null ? '' : `${files[file]?.name ?? ''}${line === null ? '' : `, line ${count(line)}`}: `;
  return html`<section class="card" role="group" aria-label="To know">
    <h3>To know</h3>
    <ul class="warning-list">
      ${warnings
        .slice(0, MOST_LISTED)
        .map((one) => html`<li class="warned"><b>${place(one)}</b>${cut(one.message, MOST_OF_MESSAGE)}</li>`)}
      ${more > 0 ? html`<li class="quiet">and ${counted(more, 'more warning')}</li>` : nothing}
      ${assumed.map((text) => html`<li>Assumed: ${text}</li>`)}
    </ul>
  </section>`;
}
