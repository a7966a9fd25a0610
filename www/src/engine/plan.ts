/**
 * The policy of a report in one form, whichever kind decides: the stages that people see, and
 * the rules or a controller's checks. Nothing else of the page asks which kind it is.
 */

import { ruleNamed } from './catalogue.ts';
import type { ControllerReport, Measures, Report, ResolvedConfig, ResolvedRule, Rule } from './engine.ts';

/**
 * A rule, or a controller's check: then the rule is `metric`, it has a name of its own, and
 * `limit` is the number that its last look was compared with.
 */
export type PlannedRule = ResolvedRule & { name?: string; measures?: Measures; limit?: number; scale?: number };

/** A configuration with the ladder and the checks of its policy, and its controller if it has one. */
export type Planned = Omit<ResolvedConfig, 'stages' | 'rules' | 'on_inconclusive' | 'rollback_ticks'> & {
  stages: NonNullable<ResolvedConfig['stages']>;
  rules: PlannedRule[];
  on_inconclusive: NonNullable<ResolvedConfig['on_inconclusive']>;
  rollback_ticks: number;
  /** What decides in place of the staged policy. */
  decides: ControllerReport | null;
};

/** Those that were asked for: a report is never changed. */
const known = new WeakMap<Report, Planned>();

/** The plan of a report. */
export function planOf(report: Report): Planned {
  const plan = known.get(report) ?? planned(report);
  known.set(report, plan);
  return plan;
}

function planned({ config, controller, rules, stages }: Report): Planned {
  const staged = { stages: [], rules: [], on_inconclusive: 'promote', rollback_ticks: 0 } as const;
  if (!controller) return { ...staged, ...config, decides: null } as Planned;
  const ladder = stages.map(({ name, traffic_pct, duration_ticks }) => ({ name, traffic_pct, duration_ticks }));
  // What a window without data gives is the metric's affair.
  const checks = (rules ?? []).map(({ no_data: _, ...check }, i): PlannedRule => {
    const looks = stages.flatMap((stage) => stage.checks.filter(({ rule, limit }) => rule === i && limit !== null));
    const limit = looks.at(-1)?.limit ?? undefined;
    return { ...check, limit };
  });
  return { ...staged, ...config, stages: ladder, rules: checks, decides: controller } as Planned;
}

const MEASURED: Record<string, 'errors' | 'latency' | 'traffic'> = {
  success_rate: 'errors',
  error_rate: 'errors',
  errors: 'errors',
  errors_per_second: 'errors',
  error_rate_difference: 'errors',
  error_rate_ratio: 'errors',
  latency: 'latency',
  latency_difference: 'latency',
  latency_ratio: 'latency',
};

/** What a rule judges. */
export const subjectOf = ({ rule, measures }: Rule & { measures?: Measures }) =>
  measures ? (MEASURED[measures] ?? 'traffic') : (ruleNamed(rule)?.subject ?? 'errors');

/** What a rule is called: a metric by its own name. */
export const titleOf = ({ rule, name }: Rule & { name?: string }) => name || (ruleNamed(rule)?.title ?? rule);
