/**
 * The world that was fitted to recorded counts: beside the record over time, its parameters
 * with their intervals, and how well it describes the record.
 */

import { html, nothing } from 'lit/html.js';
import { counted, milliseconds, percent, significant, unbroken } from '../base/format.ts';
import { clockOf, lengthOf } from '../base/moment.ts';
import type { Quantity } from '../charts/fit-chart.ts';
import { fitChart } from '../charts/fit-chart.ts';
import type { Fit } from '../engine/engine.ts';

type Parameter = Fit['parameters'][number];
type Finding = Fit['findings'][number];
type Grade = Finding['grade'];

const QUANTITIES: Quantity[] = [
  {
    name: 'requests',
    title: 'Requests per second',
    of: (bucket) => bucket.requests_per_second,
    write: significant,
  },
  { name: 'errors', title: 'Failed requests of the baseline', of: (bucket) => bucket.error_rate, write: percent },
];

/** The worst first. */
const GRADES: Grade[] = ['not_described', 'doubtful', 'ok'];
/** How well a property is described, and the whole by its worst. */
const GRADE_WORDS: Record<Grade, [one: string, all: string]> = {
  not_described: ['not described', 'This model does not describe your service'],
  doubtful: ['doubtful', 'This model describes your service, with doubts'],
  ok: ['described', 'This model describes your service, as far as the record tells'],
};

const times = (value: number) => `${significant(value)}\u00a0×`;
const ticks = (value: number) => `${significant(value)}\u00a0ticks`;
/** What each parameter is called, and how its value is written. */
const PARAMETERS: Record<string, [name: string, write: (value: number) => string]> = {
  'traffic.requests_per_second': ['Requests per second', significant],
  'traffic.burstiness': ['Load varies by', percent],
  'traffic.daily_swing.amplitude': ['Swing of the load over a day', percent],
  'traffic.daily_swing.peak_seconds': [
    'Peak of the load, after the record’s start',
    (seconds) => `${clockOf(((seconds % 86_400) + 86_400) % 86_400)}\u00a0h`,
  ],
  'baseline.error_rate': ['Requests that fail', percent],
  'baseline.error_clump': ['Errors in a clump', significant],
  'noise.common': ['Error rates vary together by', percent],
  'noise.per_arm': ['Each error rate varies by', percent],
  'incidents.chance_per_tick': ['Chance of an incident in a tick', percent],
  'incidents.duration_ticks': ['Length of an incident', ticks],
  'incidents.error_ratio': ['Errors in an incident', times],
  'incidents.latency_ratio': ['Latency in an incident', times],
  'baseline.latency_ms.p50': ['Half of requests take up to', milliseconds],
  'baseline.latency_ms.p99': ['99\u00a0% of requests take up to', milliseconds],
};

/** The grade of a fit: that of its worst finding. */
export const gradeOf = ({ findings }: Fit): Grade =>
  GRADES.find((grade) => findings.some((finding) => finding.grade === grade)) ?? 'ok';

/**
 * @param width of a chart in CSS pixels
 * @param open the tables that are open, by the names of their charts; changed by it
 * @param onchange redraws
 */
export function fitView(fit: Fit, width: number, open: Set<string>, onchange: () => void) {
  const table = (name: string) => ({
    isOpen: open.has(name),
    ontoggle: (isOpen: boolean) => {
      if (isOpen === open.has(name)) return;
      if (isOpen) open.add(name);
      else open.delete(name);
      onchange();
    },
  });
  return html`<section class="card fit" role="group" aria-label="The record beside the fitted world">
      <h3>The record beside the fitted world</h3>
      ${QUANTITIES.map((quantity) => fitChart(fit, quantity, width, table(quantity.name)))}
      ${fit.picture.some(({ error_rate }) => error_rate) ? nothing : html`<p class="quiet">No errors are recorded.</p>`}
    </section>
    <section class="card" role="group" aria-label="The fitted world">
      <h3>The fitted world</h3>
      <p class="quiet">From ${counted(fit.record.ticks, 'tick')} of ${lengthOf(tickOf(fit))}${
        fit.record.gaps > 0 ? `, ${counted(fit.record.gaps, 'tick')} of them without data` : ''
      }, for a world with ticks of ${lengthOf(worldTickOf(fit))}. The interval holds the true value in 95 of 100 records.</p>
      <div class="scroll fit-table" tabindex="0" role="group" aria-label="Parameters of the fitted world">
        <table>
          <thead><tr>${['Parameter', 'Estimate', '95 % interval'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
          <tbody>${fit.parameters.map(parameterRow)}</tbody>
        </table>
      </div>
    </section>`;
}

const worldTickOf = ({ world }: Fit) => (world as { tick_seconds: number }).tick_seconds;

/** The tick that was fitted: that of the world, where it has whole steps. */
const tickOf = (fit: Fit) => {
  const { step_seconds: step } = fit.record;
  return worldTickOf(fit) % step === 0 ? worldTickOf(fit) : step;
};

function parameterRow({ path, value, low, high, method, not_identified }: Parameter) {
  const [name, write] = PARAMETERS[path] ?? [path, significant];
  return html`<tr data-parameter=${path}>
    <th scope="row">${name}<span class="hint">${not_identified ? `${unbroken(capital(not_identified))}.` : method}</span></th>
    <td>${value === null ? 'not told' : write(value)}</td>
    <td>${low === null || high === null ? '–' : html`${write(low)} to ${write(high)}`}</td>
  </tr>`;
}

/** How well the world describes the record, the worst first. */
export function fitFindings(fit: Fit) {
  const grade = gradeOf(fit);
  const worse = GRADES.slice(0, 2).flatMap((one) => fit.findings.filter((finding) => finding.grade === one));
  const fine = fit.findings.filter((finding) => finding.grade === 'ok');
  return html`<section class="card fit-verdict ${grade}" data-grade=${grade} role="group" aria-label="How well the model fits">
    <h3>${GRADE_WORDS[grade][1]}</h3>
    ${
      worse.length > 0
        ? html`<ul class="finding-list">${worse.map(findingItem)}</ul>
            <p class="quiet">A replay plays the counts themselves, whatever the model.</p>`
        : nothing
    }
    ${fit.notes.map((note) => html`<p class="quiet">${unbroken(note)}</p>`)}
    <details>
      <summary>What fits: ${counted(fine.length, 'property').replace('propertys', 'properties')}</summary>
      <ul class="finding-list">${fine.map(findingItem)}</ul>
    </details>
  </section>`;
}

const findingItem = ({ grade, sentence }: Finding) =>
  html`<li class=${grade}><b class="grade">${GRADE_WORDS[grade][0]}</b> ${unbroken(withoutGrade(sentence))}</li>`;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Without what the heading and the grade say already. */
function withoutGrade(sentence: string) {
  const rest = sentence.replace(/^(?:This model does not describe your service|Doubtful), because /, '');
  return capital(rest);
}
