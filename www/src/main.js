// Placeholder of the element, to prove the chain from Rust to the page.
import { initSync, version } from '../../pkg/canary_rollout.js';
import engine from '../../pkg/canary_rollout_bg.wasm?bytes';
import style from './style.css';
import worker from './worker.js?inline';

initSync({ module: engine });

/** Shows the engine's version, from here and from a worker. */
class CanaryRollout extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: 'open' });
    root.innerHTML = `<style>${style}</style><h2>canary-rollout <output></output></h2>`;
    const output = /** @type {HTMLOutputElement} */ (root.querySelector('output'));
    const url = URL.createObjectURL(new Blob([worker], { type: 'text/javascript' }));
    const thread = new Worker(url);
    thread.onmessage = ({ data }) => (output.textContent = `${version()}, worker ${data}`);
    thread.postMessage(engine);
  }
}

customElements.define('canary-rollout', CanaryRollout);
