/** The configuration to edit: as forms, and as JSON beside them. */

import { h } from '../base/dom.js';
import { JsonEditor } from './json-editor.js';
import { releasePanel, worldPanel } from './panels.js';
import { policyPanel } from './policy-panel.js';
import { ReleasePresets } from './release-presets.js';

/** @import { Json } from '../base/json-path.js' */
/** @import { Workbench } from '../workbench.js' */
/** @import { OnEdit } from './field.js' */
/** @import { OnChange } from './plan-edit.js' */

export class Forms {
  #releases;
  #panels;
  #json;
  #shown = false;
  element;

  /** @param {Workbench} bench */
  constructor(bench) {
    /** @type {OnEdit} */
    const onedit = (path, value) => bench.edit(path, value);
    /** @type {OnChange} */
    const onchange = (change) => bench.configure(change(bench.draft));
    this.#releases = new ReleasePresets(onchange);
    const release = releasePanel(onedit, this.#releases.element);
    this.#panels = [release, worldPanel(onedit), policyPanel(onedit, onchange)];
    this.#json = new JsonEditor((text) => bench.load({ config: text }));
    const panels = this.#panels.map(({ element }) => element);
    this.element = h('div', { class: 'edit', part: 'edit' }, ...panels, this.#json.element);
  }

  /**
   * Shows a configuration, soon the first time: the first paint does not wait for what
   * stands below it.
   * @param {Workbench} bench
   */
  show(bench) {
    if (this.#shown) this.#show(bench);
    else setTimeout(() => this.#show(bench));
  }

  /** The configuration as text, where all that is wrong with it is told. */
  get json() {
    return this.#json;
  }

  /** @param {Workbench} bench */
  #show({ text, draft, session, problems, more, warnings }) {
    this.#shown = true;
    this.#json.show(text, problems, more, warnings);
    this.#releases.show(session.report.config, warnings);
    // What a list's entries resolve to says nothing about another list's.
    const resolved = /** @type {Json} */ (
      /** @type {object} */ ({ ...session.report.config, rules: [], stages: [] })
    );
    for (const panel of this.#panels) panel.show(draft, resolved, problems);
  }
}
