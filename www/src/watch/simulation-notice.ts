/** Says, wherever the reader is, that a rollout is being simulated beside the page, and how far it is. */

import { h, replace } from '../base/dom.ts';
import { count } from '../base/format.ts';

import type { Store } from '../store/store.ts';

export class SimulationNotice {
  #store;
  #bar = h('progress', { 'aria-label': 'Ticks simulated' });
  #where = h('span', { 'aria-hidden': 'true' });
  #stop = h('button', { type: 'button', onclick: () => this.#store.stop() }, 'Stop');
  /** What is said: the same words once, for those who hear them. */
  #said = '';
  element = h('div', { class: 'simulation', part: 'simulation', role: 'status' });

  constructor(store: Store) {
    this.#store = store;
  }

  /** Follows what is under way. */
  show() {
    const { runner, hasRunFault, runFault, notRun, playing } = this.#store;
    const now = runner.underWay;
    // While it plays, what is looked at follows as fast as it can.
    if (now && runner.isSlow && !(now.looks && playing)) {
      this.#say('simulating', 'Simulating… ', this.#where, this.#bar, this.#stop);
      // Who pauses it makes it longer than planned.
      const of = Math.max(now.of, now.ticks);
      this.#where.textContent = `${count(now.ticks)} of ${count(of)} ticks`;
      this.#bar.max = of;
      this.#bar.value = now.ticks;
    } else if (!now && hasRunFault) {
      const again = () => notRun && this.#store.load(notRun);
      this.#say(
        runFault,
        `${runFault} What is drawn is the rollout before, not that of the configuration in the forms.`,
        h('button', { type: 'button', onclick: again }, 'Simulate'),
      );
    } else {
      this.#say('');
    }
  }

  #say(what: string, ...content: (string | HTMLElement)[]) {
    if (what === this.#said) return;
    this.#said = what;
    replace(this.element, ...content);
  }
}
