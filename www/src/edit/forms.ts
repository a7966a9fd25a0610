/** The configuration to edit: as forms, and as JSON beside them. */

import { h } from '../base/dom.ts';
import type { Json } from '../base/json-path.ts';
import type { Store } from '../store/store.ts';
import type { OnEdit } from './field.ts';
import { JsonEditor } from './json-editor.ts';
import { releasePanel, worldPanel } from './panels.ts';
import type { OnChange } from './plan-edit.ts';
import { policyPanel } from './policy-panel.ts';
import { ReleasePresets } from './release-presets.ts';

export class Forms {
  #releases;
  #panels;
  #json;
  #shown = false;
  element;

  constructor(store: Store) {
    const onedit: OnEdit = (path, value) => store.edit(path, value);
    const onchange: OnChange = (change) => store.configure(change(store.draft));
    this.#releases = new ReleasePresets(onchange);
    const release = releasePanel(onedit, this.#releases.element);
    this.#panels = [release, worldPanel(onedit), policyPanel(onedit, onchange)];
    this.#json = new JsonEditor((text) => store.load({ config: text }));
    const panels = this.#panels.map(({ element }) => element);
    this.element = h('div', { class: 'edit', part: 'edit' }, ...panels, this.#json.element);
  }

  /**
   * Shows a configuration, soon the first time: the first paint does not wait for what
   * stands below it.
   */
  show(store: Store) {
    if (this.#shown) this.#show(store);
    else setTimeout(() => this.#show(store));
  }

  /** The configuration as text, where all that is wrong with it is told. */
  get json() {
    return this.#json;
  }

  #show({ text, draft, session, problems, more, warnings }: Store) {
    this.#shown = true;
    this.#json.show(text, problems, more, warnings);
    this.#releases.show(session.report.config, warnings);
    // What a list's entries resolve to says nothing about another list's.
    const resolved = { ...session.report.config, rules: [], stages: [] } as object as Json;
    for (const panel of this.#panels) panel.show(draft, resolved, problems);
  }
}
