/**
 * The script of the page: defines `<canary-rollout>`. Where there is no
 * document, as in Node, it does nothing.
 */

import { defineCanaryRollout } from './element.js';

export { CanaryRolloutElement, defineCanaryRollout } from './element.js';
export { VIEWS } from './layout.js';

if (typeof customElements !== 'undefined') defineCanaryRollout();
