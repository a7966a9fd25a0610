/** What is chosen of the study, as links say it: nothing where that is the page's own. */

import type { PolicyName } from '../study/policies.ts';
import type { Along, Choices } from '../study/study-request.ts';
import { USUAL } from '../study/study-request.ts';
import type { LinkState } from './link.ts';
export type StudyChoices = Pick<LinkState, 'against' | 'bad' | 'along'>;

export const studyChoicesOf = ({ rival, badShare, along }: Choices): StudyChoices => ({
  against: rival === USUAL.rival ? null : rival,
  bad: badShare === USUAL.badShare ? null : badShare,
  along: along === USUAL.along ? null : along,
});

export const choicesOf = ({ against, bad, along }: StudyChoices): Choices => ({
  rival: (against ?? USUAL.rival) as PolicyName,
  badShare: bad ?? USUAL.badShare,
  along: (along ?? USUAL.along) as Along,
});
