/** The sentence of a policy that a controller decides, in the controller's own names. */

import { count, counted, share, significant } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { get } from '../base/json-path.ts';
import type { Planned } from '../engine/plan.ts';
import type { ControllerMetric } from './controller.ts';
import { metricsOf, ownName } from './controller.ts';
import type { Piece } from './sentences.ts';

/** Metrics that the sentence names. */
const MOST_METRICS = 2;
/** Shares that it names. */
const MOST_SHARES = 6;

const UNITS = [
  ['h', 3600],
  ['min', 60],
] as const;

/** `90 s`, `5 min`, `about 5 min`: a step takes some seconds more than its pause. */
function time(seconds: number) {
  const [unit, size] = UNITS.find(([, size]) => seconds >= 2 * size || seconds === size) ?? ['s', 1];
  const whole = Math.round(seconds / size);
  return `${whole * size === seconds ? '' : 'about '}${count(whole)}\u00a0${unit}`;
}

export function controllerSentence(config: Planned): Piece[] {
  const { decides } = config;
  return [`${decides?.name ?? ''}: `, ...ladder(config), ...metrics(config), '.'];
}

function ladder({ stages, tick_seconds }: Planned): Piece[] {
  const path = 'controller';
  const real = stages.filter(({ traffic_pct }) => traffic_pct > 0);
  // All traffic at last is what follows from the steps before it.
  const steps = real.length > 1 && real.at(-1)?.traffic_pct === 100 ? real.slice(0, -1) : real;
  if (steps.length === 0) return [{ text: 'no traffic before the promotion', path }];
  const [first] = steps;
  const last = steps[steps.length - 1];
  const lengths = new Set(steps.map(({ duration_ticks }) => duration_ticks));
  const total = steps.reduce((sum, { duration_ticks }) => sum + duration_ticks, 0) * tick_seconds;
  const all =
    steps.length > MOST_SHARES
      ? `${counted(steps.length, 'step')} from ${significant(first.traffic_pct)} to ${share(last.traffic_pct)}`
      : first.traffic_pct === 100
        ? 'all traffic at once'
        : `${steps.map(({ traffic_pct }) => significant(traffic_pct)).join(', ')}\u00a0%`;
  if (total === 0) return [{ text: all, path }];
  const each = steps.length > 1 && lengths.size === 1;
  return [
    { text: all, path },
    ', ',
    {
      text: each
        ? `${time(first.duration_ticks * tick_seconds)} each`
        : `${time(total)}${steps.length > 1 ? ' in all' : ''}`,
      path,
    },
  ];
}

function metrics(config: Planned): Piece[] {
  const all = metricsOf(config as object as Json);
  if (all.length === 0) return ['; no metric judges it'];
  const named = all
    .slice(0, MOST_METRICS)
    .flatMap((metric) => ['; ', ...metricWords(metric, config as object as Json)]);
  const more = all.length - MOST_METRICS;
  return more > 0 ? [...named, `; and ${counted(more, 'more metric')}`] : named;
}

/** `success-rate every 30 s, failureLimit 0`. */
function metricWords({ path, value }: ControllerMetric, config: Json): Piece[] {
  // Some controllers measure all metrics at one interval of their own.
  const [whole] = path.match(/^controller\.\w+/) ?? [''];
  const every = ['interval_seconds', 'period_seconds', 'analysis_interval_seconds', 'refresh_seconds']
    .flatMap((key) => [`${path}.${key}`, `${whole}.${key}`])
    .find((at) => typeof get(config, at) === 'number');
  const counts = ['failure_limit', 'evaluation_periods', 'threshold'].filter((key) => typeof value[key] === 'number');
  return [
    { text: String(value.name), path },
    ...(every ? [' every ', { text: time(Number(get(config, every))), path: every }] : [' once']),
    ...counts.flatMap((key): Piece[] => [
      ', ',
      { text: `${ownName(key)} ${significant(Number(value[key]))}`, path: `${path}.${key}` },
    ]),
  ];
}
