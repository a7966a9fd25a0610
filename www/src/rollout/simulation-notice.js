/** Says, wherever the reader is, that a rollout is being simulated beside the page, and how far it is. */

import { h, replace } from '../base/dom.js';
import { count } from '../base/format.js';

/** @import { Workbench } from '../workbench.js' */

export class SimulationNotice {
  #bench;
  #bar = h('progress', { 'aria-label': 'Ticks simulated' });
  #where = h('span', { 'aria-hidden': 'true' });
  #stop = h('button', { type: 'button', onclick: () => this.#bench.stop() }, 'Stop');
  /** What is said: the same words once, for those who hear them. */
  #said = '';
  element = h('div', { class: 'simulation', part: 'simulation', role: 'status' });

  /** @param {Workbench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  /** Follows what is under way. */
  show() {
    const { making, isUnmade, unmade, notMade, playing } = this.#bench;
    const now = making.underWay;
    // While it plays, what is looked at follows as fast as it can.
    if (now && making.isSlow && !(now.looks && playing)) {
      this.#say('simulating', 'Simulating… ', this.#where, this.#bar, this.#stop);
      // Who pauses it makes it longer than planned.
      const of = Math.max(now.of, now.ticks);
      this.#where.textContent = `${count(now.ticks)} of ${count(of)} ticks`;
      this.#bar.max = of;
      this.#bar.value = now.ticks;
    } else if (!now && isUnmade) {
      const again = () => notMade && this.#bench.load(notMade);
      this.#say(
        unmade,
        `${unmade} What is drawn is the rollout before, not that of the configuration in the forms.`,
        h('button', { type: 'button', onclick: again }, 'Simulate'),
      );
    } else {
      this.#say('');
    }
  }

  /**
   * @param {string} what
   * @param {...(string | HTMLElement)} content
   */
  #say(what, ...content) {
    if (what === this.#said) return;
    this.#said = what;
    replace(this.element, ...content);
  }
}
