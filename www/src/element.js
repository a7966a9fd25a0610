/**
 * `<canary-rollout>`: a rollout one can look at, interrupt and edit.
 *
 * Attributes: `preset`, a preset's name; `config`, a configuration as JSON
 * text; `seed`; `view`, the part of the page to show alone; `heading-level`, the
 * level of its topmost heading, 2 by default; `hero`, to open in large type;
 * `theme`, `light` or `dark`. Property: `config`.
 */

import { presets } from './base/engine.js';
import { View } from './view.js';
import { Workbench } from './workbench.js';

/** @import { Json } from './base/json-path.js' */

// In Node there is no element to extend; the class is never made there.
const Base = typeof HTMLElement === 'undefined' ? /** @type {typeof HTMLElement} */ (class {}) : HTMLElement;

/** What can be shown alone, by the value of the attribute `view`. */
export const VIEWS = ['rollout', 'flow', 'errors', 'study', 'ladder'];

class CanaryRollout extends Base {
  static observedAttributes = ['preset', 'config', 'seed', 'view', 'heading-level'];

  /** @type {View | null} */
  #view = null;
  #bench = new Workbench({
    onchange: () => this.#view?.show(this.#bench),
    onmove: () => this.#view?.showPlayhead(this.#bench),
    onsay: (text, kind) => this.#view?.say(text, kind),
    onseed: (message) => this.#view?.complainOfSeed(message),
  });

  connectedCallback() {
    if (!this.#view) {
      this.#view = new View(this.attachShadow({ mode: 'open' }), presets(), this.#bench);
      this.#showAlone();
      this.#start();
    }
    this.#view.connect();
  }

  disconnectedCallback() {
    this.#bench.close();
    this.#view?.disconnect();
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (!this.#view) return;
    if (name === 'view' || name === 'heading-level') this.#showAlone();
    else this.#start();
  }

  /** The configuration as it stands in the forms. */
  get config() {
    return structuredClone(this.#bench.draft);
  }

  /** @param {Json} config an object or JSON text */
  set config(config) {
    this.setAttribute('config', typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  }

  /** The seed of the rollout shown; `null` before there is one. */
  get seed() {
    return this.#bench.seed;
  }

  #showAlone() {
    const view = this.getAttribute('view') ?? '';
    const level = Number(this.getAttribute('heading-level') ?? 2);
    this.#view?.arrange(VIEWS.includes(view) ? view : null, level >= 1 && level <= 6 ? Math.round(level) : 2);
    if (view && !VIEWS.includes(view)) {
      this.#view?.say(`There is no view ${view}; there are ${VIEWS.join(', ')}.`, 'error');
    }
  }

  #start() {
    const all = presets();
    const preset = this.getAttribute('preset');
    const named = all.find(({ name }) => name === preset);
    this.#bench.load({
      config: this.getAttribute('config') ?? (named ?? all[0]).json,
      seed: this.getAttribute('seed') ?? this.seed,
    });
    if (preset !== null && !named) this.#view?.say(`There is no preset ${preset}.`, 'error');
  }
}

/** Defines the element, once. */
export function defineCanaryRollout() {
  if (!customElements.get('canary-rollout')) customElements.define('canary-rollout', CanaryRollout);
}
