/**
 * What a look saw, behind the marks of a chart: a band over the ticks of its window, and a
 * hatched one over those that monitoring did not show yet.
 */

import { nothing, svg } from 'lit/html.js';
import { count, counted, tickUnit } from '../base/format.ts';
import type { Report } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import type { Seen } from '../rollout/series.ts';
import { lastSeen } from '../rollout/series.ts';
import type { Scale } from './chart.ts';
import { LETTER_WIDTH } from './chart.ts';

/** How late monitoring sees, in ticks. */
export const delayOf = ({ config }: Report) => (config.observation?.delay_seconds ?? 0) / config.tick_seconds;

/**
 * Whether there is more to a look than the chart's own line shows: a delay, or a window that
 * does not end with the stage.
 */
export const isWorthShowing = (report: Report, rule: number) =>
  rule >= 0 && (delayOf(report) > 0 || typeof planOf(report).rules[rule].window === 'object');

/** The last look; before the first, what one could not see now. */
function lookOf(here: Report, rule: number): Seen & { looked: boolean } {
  const seen = lastSeen(here, rule);
  const tick = seen?.tick ?? here.metrics.ticks;
  const nothingSeen = { first_tick: 1, last_tick: 0, tick };
  return { ...(seen ?? nothingSeen), looked: seen !== null };
}

/** How far a label stands from the top, in px. */
const LABEL_TOP = 13;

/** @param words what the bands mean */
export function seenBands(here: Report, rule: number, x: Scale, height: number, words: string) {
  const { first_tick, last_tick, tick } = lookOf(here, rule);
  const sawNothing = first_tick > last_tick;
  const band = (kind: string, from: number, to: number, name: string) => {
    const [left, right] = [x(Math.max(0, from)), x(to)];
    if (right <= left) return nothing;
    const fits = name.length * LETTER_WIDTH + 8 < right - left;
    return svg`<rect class=${kind} x=${left} y="0" width=${right - left} height=${height}></rect>
      ${fits ? svg`<text class="look-label" x=${(left + right) / 2} y=${LABEL_TOP} text-anchor="middle">${name}</text>` : nothing}`;
  };
  const unseenFrom = sawNothing ? tick - delayOf(here) : last_tick;
  return svg`<g class="look"><title>${words}</title>
    <defs><pattern id="not-seen" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <path class="hatch" d="M0 0V7"></path></pattern></defs>
    ${sawNothing ? nothing : band('seen', first_tick - 1, last_tick, 'seen')}
    ${band('not-seen', unseenFrom, tick, 'not seen yet')}
  </g>`;
}

/** The same in words: which ticks the rule saw, and which not yet. */
export function seenWords(here: Report, rule: number) {
  const { first_tick, last_tick, tick, looked } = lookOf(here, rule);
  const { name } = tickUnit(here.config.tick_seconds);
  const delay = Math.min(delayOf(here), tick);
  const late = counted(delay, name);
  if (tick === 0) return '';
  if (!looked) return `The rule has not looked yet${delay > 0 ? `; the last ${late} are not to be seen yet` : ''}.`;
  const start = `At ${name} ${count(tick)} the rule saw `;
  const unseen = delay > 0 ? `; the last ${late} ${delay === 1 ? 'was' : 'were'} not to be seen yet` : '';
  return `${start}${first_tick > last_tick ? 'nothing' : ticksWords(first_tick, last_tick, name)}${unseen}.`;
}

/** `minutes 3 to 7`; those before the rollout, which are numbered from 0 down, are counted. */
function ticksWords(first: number, last: number, name: string) {
  const range = (from: number) =>
    from === last ? `${name} ${count(from)}` : `${name}s ${count(from)} to ${count(last)}`;
  if (first > 0) return range(first);
  const before = `${counted(Math.min(1, last + 1) - first, name)} from before the rollout`;
  return last < 1 ? before : `${range(1)} and ${before}`;
}
