/**
 * The script of the page: defines `<canary-rollout>`. Where there is no
 * document, as in Node, it does nothing.
 */

import { defineCanaryRollout } from './element.ts';

export { CanaryRolloutElement, defineCanaryRollout } from './element.ts';
export { VIEWS } from './link/views.ts';

if (typeof customElements !== 'undefined') defineCanaryRollout();
