/** What a study is asked, as links say it: nothing where that is the page's own. */

import { USUAL } from '../study/study-request.js';

/** @import { Along } from '../study/curves.js' */
/** @import { PolicyName } from '../study/policies.js' */
/** @import { StudyDesk } from '../study/study-desk.js' */
/** @import { LinkState } from './link.js' */
/** @typedef {Pick<LinkState, "against" | "bad" | "along">} Asked */

/**
 * @param {StudyDesk} desk
 * @returns {Asked}
 */
export const askedOf = ({ rival, badShare, along }) => ({
  against: rival === USUAL.rival ? null : rival,
  bad: badShare === USUAL.badShare ? null : badShare,
  along: along === USUAL.along ? null : along,
});

/**
 * @param {StudyDesk} desk
 * @param {Asked} asked
 */
export function askOf(desk, { against, bad, along }) {
  desk.rival = /** @type {PolicyName} */ (against ?? USUAL.rival);
  desk.badShare = bad ?? USUAL.badShare;
  desk.along = /** @type {Along} */ (along ?? USUAL.along);
}
