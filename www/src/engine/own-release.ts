/**
 * The release on screen may be healthy without being as good as the baseline: it
 * starts cold, or it is better. Then a study of it stands beside that of the bad
 * one, and what is shown of healthy releases is of such.
 */

import type { FirstRuns, StudyReport } from './engine.ts';
import type { StudyResult } from './study-loop.ts';

/**
 * A result whose healthy cases are those of the release on screen.
 *
 * @param own the study of the release on screen, of the same policies
 * @param runs its first ones
 */
export const withOwnRelease = (result: StudyResult, own: StudyReport, runs: FirstRuns): StudyResult => ({
  ...result,
  healthy: runs,
  report: {
    ...result.report,
    false_rollback: own.false_rollback,
    healthy: own.release ?? own.healthy,
    policies: result.report.policies.map((other, i) => {
      const { healthy, release, healthy_difference, release_difference } = own.policies[i];
      return {
        ...other,
        healthy: release ?? healthy,
        healthy_difference: release_difference ?? healthy_difference,
      };
    }),
  },
});
