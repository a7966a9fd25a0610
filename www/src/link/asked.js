/** What a study is asked, as links say it: nothing where that is the page's own. */

/** @import { Along } from '../study/curves.js' */
/** @import { PolicyName } from '../study/policies.js' */
/** @import { StudyDesk } from '../study/study-desk.js' */
/** @import { LinkState } from './link.js' */
/** @typedef {Pick<LinkState, "against" | "bad" | "along">} Asked */

/** What is asked where a link does not say. */
const USUAL = /** @type {const} */ ({ against: 'evidence', bad: 5, along: 'ratio' });

/**
 * @param {StudyDesk} desk
 * @returns {Asked}
 */
export const askedOf = ({ rival, badShare, along }) => ({
  against: rival === USUAL.against ? null : rival,
  bad: badShare === USUAL.bad ? null : badShare,
  along: along === USUAL.along ? null : along,
});

/**
 * @param {StudyDesk} desk
 * @param {Asked} asked
 */
export function askOf(desk, { against, bad, along }) {
  desk.rival = /** @type {PolicyName} */ (against ?? USUAL.against);
  desk.badShare = bad ?? USUAL.bad;
  desk.along = /** @type {Along} */ (along ?? USUAL.along);
}
