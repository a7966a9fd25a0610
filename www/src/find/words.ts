/** What a search is about and what it has found, in words. */

import { between, chance } from '../base/chance.ts';
import { count, counted, measuredIn, share, significant, tickUnit } from '../base/format.ts';
import type { HeldBound, SearchCandidate, SearchFigure, SearchReport } from '../engine/engine.ts';
import type { BoundName, Order } from '../search/settings.ts';

/** `twice the errors`, `2.5 times the errors`. */
export const timesErrors = (ratio: string) =>
  Number(ratio) === 2 ? 'twice the errors' : `${significant(Number(ratio))} times the errors`;

/** What a bound is about: a row of a table. */
export function boundWords(name: BoundName, { settings }: Order) {
  if (name === 'falsely') return 'healthy releases thrown away';
  const bad = `releases with ${timesErrors(settings.ratio)}`;
  return name === 'missed' ? `${bad} missed` : `${bad} that wait for a person`;
}

/** The bound itself: `at most 1 %`. */
export const boundOf = (name: BoundName, { settings }: Order) => `at most ${share(Number(settings[name]))}`;

/** What a policy that breaks a bound does. */
export function breakWords(name: BoundName, { settings }: Order) {
  if (name === 'falsely') return 'throw away too many healthy releases';
  if (name === 'missed') return `miss too many releases with ${timesErrors(settings.ratio)}`;
  return 'wait for a person too often';
}

export const errorsWords = ({ settings }: Order) =>
  `requests that fail because of a release with ${timesErrors(settings.worst)}`;
export const timeWords = (tickSeconds: number) => `${unitWords(tickSeconds)} to full traffic`;
/** What time is counted in: `minutes`, `ticks of 10 s`. */
export function unitWords(tickSeconds: number) {
  const { name } = tickUnit(tickSeconds);
  return name === 'tick' ? `ticks of ${count(tickSeconds)}\u00a0s` : `${name}s`;
}

/** How a policy stands to a bound. */
export const FULFILLED: Record<HeldBound['fulfilment'], string> = {
  met: 'holds',
  failed: 'broken',
  undecided: 'not certain',
};

/** A probability with its interval. */
export const probability = ({ found }: HeldBound) => [chance(found), between(found)];

/** A figure with its interval. */
export function figure({ estimate, low, high }: SearchFigure) {
  if (estimate === null) return ['–', ''];
  const range = low === null || high === null ? '' : `${significant(low)} to ${significant(high)}`;
  return [significant(estimate), range];
}

/** `18 minutes, 21 failed requests`. */
export function inShort({ figures }: SearchCandidate, order: Order, report: SearchReport) {
  const { name } = tickUnit(report.config.tick_seconds);
  const [time, errors] = [figures[order.time].estimate, figures[order.errors].estimate];
  const failed = errors === null ? '' : `, ${significant(errors)} failed requests`;
  return `${time === null ? '–' : measuredIn(time, name)}${failed}`;
}

/** What became of the candidates: how many are still in, and why the others are not. */
export function countsOf({ candidates }: SearchReport, order: Order) {
  const all = (state: SearchCandidate['state']) => candidates.filter((one) => one.state === state);
  const failed = order.bounds.map((name, i) => ({
    name,
    n: all('failed').filter(({ hold }) => hold === i).length,
  }));
  return {
    alive: all('alive').length,
    failed,
    dominated: all('dominated').length,
    leftOut: all('left_out').length,
    all: candidates.length,
  };
}

/** What a search has come to, in a sentence; while it runs, what it is doing. */
export function verdict(report: SearchReport, order: Order, running: boolean) {
  const { all, alive } = countsOf(report, order);
  const { front, limiting, phase, nearest, candidates } = report;
  if (running) {
    if (phase === 'confirming') return 'The search is over. What it found is measured again, on fresh rollouts.';
    if (phase === 'nearing') return 'No policy surely holds all bounds. Those that come nearest get more rollouts.';
    return report.rounds === 0
      ? `${counted(all, 'policy').replace('policys', 'policies')} to try.`
      : `${count(alive)} of ${count(all)} policies are still in.`;
  }
  if (front.length > 0)
    return front.length === 1
      ? `One of ${count(all)} policies surely holds all bounds and is better than every other one that does.`
      : `${count(front.length)} of ${count(all)} policies are on the front: they surely hold all bounds, and no other one is better in both figures. Walk along it to see what more time buys.`;
  if (phase !== 'finished')
    return `Stopped before a policy surely held all bounds: ${count(alive)} of ${count(all)} were still in.`;
  const each = order.bounds.flatMap((name, i) => {
    const { failed } = limiting[i];
    return failed === 0 ? [] : [`${failed === all ? 'all' : count(failed)} surely ${breakWords(name, order)}`];
  });
  const near = nearest && candidates[nearest.id].holds[nearest.hold];
  const far = near ? ` The nearest one: ${chance(near.found)} ${boundWords(order.bounds[nearest.hold], order)}.` : '';
  return `No policy of these surely holds all bounds. Of ${count(all)}, ${each.join(', and ') || 'all are uncertain'}.${far}`;
}
