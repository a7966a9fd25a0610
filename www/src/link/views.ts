/** The parts of the page that can be shown alone, by the value of the attribute `view`. */
export const VIEW_WORDS = {
  rollout: 'the rollout over time',
  flow: 'the requests',
  errors: 'the error rates',
  study: 'the policy over many rollouts',
  ladder: 'the stages and the state',
  slide: 'the verdict and the error rates, for a slide',
};
export const VIEWS = Object.keys(VIEW_WORDS);
