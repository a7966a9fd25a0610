/** The two versions that a rollout compares. */

export type Arm = 'baseline' | 'canary';

export const ARMS = ['baseline', 'canary'] as const;
