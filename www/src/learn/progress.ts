/**
 * What a learner has done: in this tab, and in the browser only if the learner asks for it.
 * Nothing is sent.
 */

const KEY = 'canary-rollout.progress';

type Answers = Record<string, boolean>;

export class Progress {
  /** The names of the items that are done. */
  done = new Set<string>();
  /** Whether the questions on policies that no lesson shows were answered rightly. */
  before: Answers = {};
  after: Answers = {};
  /** Whether it is kept in the browser. */
  kept = false;
  /** Why it could not be kept. */
  fault = '';

  constructor() {
    try {
      const text = localStorage.getItem(KEY);
      if (!text) return;
      const { done, before, after } = JSON.parse(text);
      this.done = new Set(Array.isArray(done) ? done.map(String) : []);
      this.before = answers(before);
      this.after = answers(after);
      this.kept = true;
    } catch {
      // No storage here, or something of another's: the learner begins anew.
    }
  }

  finish(name: string) {
    this.done.add(name);
    this.#save();
  }

  answer(when: 'before' | 'after', name: string, right: boolean) {
    // The first answer counts: later ones know what is right.
    this[when][name] ??= right;
    this.#save();
  }

  keep() {
    this.kept = true;
    this.fault = '';
    this.#save();
  }

  forget() {
    this.kept = false;
    try {
      localStorage.removeItem(KEY);
    } catch {
      // Then there is nothing to forget.
    }
  }

  #save() {
    if (!this.kept) return;
    const { done, before, after } = this;
    try {
      localStorage.setItem(KEY, JSON.stringify({ done: [...done], before, after }));
    } catch {
      this.kept = false;
      this.fault = 'This browser lets the page keep nothing here.';
    }
  }
}

const answers = (value: unknown): Answers =>
  Object.fromEntries(Object.entries(value ?? {}).map(([name, right]) => [name, right === true]));
