/** What happened to the requests, of a tick and so far: pure functions, no document. */

import type { Report, Series } from '../../engine/engine.ts';
import type { Arm } from '../../rollout/arms.ts';
/**
 * Requests of a version; `excess` are the errors the baseline would have served, `null` where
 * nobody knows.
 */
export type ArmCounts = { requests: number; failed: number; excess: number | null; pct: number };
export type TickCounts = Record<Arm, ArmCounts>;

/** @param tick from 1 */
export function tickCounts(series: Series, tick: number): TickCounts {
  const i = tick - 1;
  const pct = series.traffic_pct[i];
  return {
    baseline: {
      requests: series.baseline_requests[i],
      failed: series.baseline_errors[i],
      excess: 0,
      // Not 99.90000000000001.
      pct: Number((100 - pct).toFixed(9)),
    },
    canary: {
      requests: series.canary_requests[i],
      failed: series.canary_errors[i],
      excess: Number.isNaN(series.true_canary_error_rate[i]) ? null : series.excess_errors[i],
      pct,
    },
  };
}

/**
 * The excess errors to expect had every request so far gone to the release:
 * from the true rates, by the world's own formula λ(p_c − p_b)⁺.
 */
export function expectedAtOnce(series: Series, ticks: number) {
  let sum = 0;
  for (let i = 0; i < ticks; i += 1) {
    const more = series.true_canary_error_rate[i] - series.true_baseline_error_rate[i];
    sum += series.true_requests[i] * Math.max(0, more);
  }
  return sum;
}

/**
 * The version that gets every request once the rollout has ended.
 *
 * @returns null while it has not
 */
export const winner = ({ final_state }: Report): Arm | null =>
  final_state === 'COMPLETED' ? 'canary' : final_state === 'ROLLED_BACK' ? 'baseline' : null;
