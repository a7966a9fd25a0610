// A page with the element, and with the engine's report as text.
import 'canary-rollout';
import { report } from './report.js';

document.body.insertAdjacentHTML(
  'beforeend',
  '<canary-rollout preset="opening" seed="192"></canary-rollout><output></output>',
);
document.querySelector('output').textContent = await report();
