/** The two versions that a rollout compares. */

/** @typedef {"baseline" | "canary"} Arm */

export const ARMS = /** @type {const} */ (['baseline', 'canary']);
