// Placeholder of the study's worker: gets the engine's bytes, answers its version.
import { initSync, version } from '../../pkg/canary_rollout.js';

addEventListener('message', ({ data }) => {
  initSync({ module: data });
  postMessage(version());
});
