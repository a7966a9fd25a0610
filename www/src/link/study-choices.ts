/** What a study is asked, as links say it: nothing where that is the page's own. */

import type { StudyView } from '../measure/study-view.ts';

import type { Along } from '../study/curves.ts';
import type { PolicyName } from '../study/policies.ts';
import { USUAL } from '../study/study-request.ts';
import type { LinkState } from './link.ts';
export type StudyChoices = Pick<LinkState, 'against' | 'bad' | 'along'>;

export const studyChoicesOf = ({ rival, badShare, along }: StudyView): StudyChoices => ({
  against: rival === USUAL.rival ? null : rival,
  bad: badShare === USUAL.badShare ? null : badShare,
  along: along === USUAL.along ? null : along,
});

export function chooseStudy(study: StudyView, { against, bad, along }: StudyChoices) {
  study.rival = (against ?? USUAL.rival) as PolicyName;
  study.badShare = bad ?? USUAL.badShare;
  study.along = (along ?? USUAL.along) as Along;
}
