/**
 * The search for a better policy: what is asked of it, how far it is, what it has found, and
 * which of the policies found is looked at. Views read it; every change calls `onchange`.
 */

import { count, MOST_LISTED } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { put, textOf } from '../base/json-path.ts';
import { studyFault } from '../engine/counts.ts';
import type { Report, SearchCandidate, SearchReport } from '../engine/engine.ts';
import type { Planned } from '../engine/plan.ts';
import { planOf } from '../engine/plan.ts';
import type { Recorded } from '../engine/recorded.ts';
import type { SearchMessage } from '../engine/search-loop.ts';
import { isAsBaseline, isHealthy } from '../study/study-request.ts';
import { SearchRunner } from './search-runner.ts';
import type { Faults, Order, Settings } from './settings.ts';
import { chosenOf, configOf, faultsOf, orderOf, USUAL } from './settings.ts';
import type { Varied } from './varied.ts';
import { variedOf } from './varied.ts';

/** What was found, and what was asked. */
export type Result = { order: Order; report: SearchReport };

export class SearchState {
  #onchange;
  #runner;
  #settings: Settings = { ...USUAL };
  /** The fields of a configuration, which is asked again and again. */
  #varied: { of: string; fields: Varied[] } = { of: '', fields: [] };
  #order: Order | null = null;
  #result: Result | null = null;
  #running = false;
  #progress = { done: 0, runs: 0 };
  #faults: Faults = new Map();
  /** What is wrong with the question as a whole. */
  #refusal: string[] = [];
  /** How the last search ended, where that is to be said. */
  message = '';
  /** The policy that a person looks at; `null` for the one that the search would show. */
  #looked: number | null = null;
  /** The configuration that was taken over last. */
  #taken = '';

  constructor(onchange: () => void) {
    this.#onchange = onchange;
    this.#runner = new SearchRunner((message) => this.#hear(message));
  }

  get settings() {
    return this.#settings;
  }

  /** What is wrong with it as it is typed, and what the engine refused. */
  get faults(): Faults {
    return new Map([...this.#faults, ...faultsOf(this.#settings)]);
  }

  get refusal() {
    return this.#refusal;
  }

  get running() {
    return this.#running;
  }

  get progress() {
    return this.#progress;
  }

  get result() {
    return this.#result;
  }

  /** The fields of a configuration that may be varied, with what was typed. */
  fields(draft: Json, plan: Planned) {
    const of = textOf(draft);
    if (of !== this.#varied.of) this.#varied = { of, fields: variedOf(draft, plan) };
    return chosenOf(this.#varied.fields, this.#settings);
  }

  /** Takes settings. */
  set(change: Partial<Settings>) {
    this.#settings = { ...this.#settings, ...change };
    this.#faults = new Map();
    this.#refusal = [];
    this.#onchange();
  }

  /** Takes what is typed of a field. */
  setField(path: string, change: { on?: boolean; values?: string }) {
    const { fields } = this.#settings;
    this.set({ fields: { ...fields, [path]: { ...fields[path], ...change } } });
  }

  /**
   * Searches from a configuration.
   *
   * @param report of its rollout
   * @param recorded the record whose days take the place of the world
   */
  begin(draft: Json, report: Report, recorded: Recorded | null) {
    const plan = planOf(report);
    this.fields(draft, plan);
    const order = orderOf(draft, plan, this.#varied.fields, this.#settings);
    this.message = '';
    const unavailable = recorded ? studyFault(textOf(draft), plan.tick_seconds, recorded) : '';
    this.#refusal = unavailable ? [unavailable] : [];
    if (order instanceof Map) {
      this.#faults = order;
    } else if (!unavailable) {
      this.#order = { ...order, recorded };
      this.#running = true;
      this.#progress = { done: 0, runs: order.settings.runs };
      // A bad release beside a healthy one is that with more errors from the start: how a healthy one starts is left out.
      const isOwnKind = isHealthy(report) && !isAsBaseline(report);
      const config = isOwnKind ? put(draft, 'canary', undefined) : draft;
      this.#runner.run({ config: textOf(config), options: order.options, recorded });
    }
    this.#onchange();
  }

  /** Ends the search that is running; what it has found so far stays. */
  stop() {
    if (!this.#running) return;
    this.#runner.close();
    this.#running = false;
    const { done, runs } = this.#progress;
    this.message = `Stopped after ${count(done)} of at most ${count(runs)} rollouts: what is shown is partial.`;
    this.#onchange();
  }

  /** Ends what runs. */
  close() {
    if (this.#running) this.stop();
    this.#runner.close();
  }

  /** Looks at a policy. */
  look(id: number | null) {
    this.#looked = id;
    this.#onchange();
  }

  /** The id of the policy that is looked at: the one a person chose, or the search; `null` before there is one. */
  get looked(): number | null {
    const { report } = this.#result ?? {};
    if (!report) return null;
    if (this.#looked !== null && this.#looked < report.candidates.length) return this.#looked;
    return this.found;
  }

  /** The id of the policy that the search has chosen, or comes nearest; while it runs, of the best so far. */
  get found(): number | null {
    const { report } = this.#result ?? {};
    return report?.chosen?.id ?? report?.front[0] ?? report?.nearest?.id ?? null;
  }

  /** A policy of those found, as a configuration. */
  configOf(candidate: SearchCandidate) {
    return this.#result ? configOf(this.#result.order, candidate) : null;
  }

  /** Remembers that a configuration of those found is the page's now. */
  take(config: Json) {
    this.#taken = textOf(config);
  }

  /** Whether what was found is about a configuration, or was taken over to it, and about what its counts come from. */
  isAbout(config: Json, recorded: Recorded | null) {
    if (this.#result && this.#result.order.recorded?.record.id !== recorded?.record.id) return false;
    const text = textOf(config);
    return this.#result === null || text === textOf(this.#result.order.draft) || text === this.#taken;
  }

  #hear(message: SearchMessage) {
    switch (message.kind) {
      case 'searching':
        this.#progress = { ...this.#progress, done: message.done };
        break;
      case 'error':
        this.#running = false;
        this.#refuse(message.message);
        break;
      case 'found': {
        const { report, last } = message;
        if (!this.#order) return;
        if (this.#result?.order !== this.#order) this.#looked = null;
        this.#result = { order: this.#order, report };
        this.#progress = { done: report.rollouts, runs: report.requested_rollouts };
        this.#running = !last;
        if (last) this.message = `${count(report.rollouts)} rollouts finished.`;
      }
    }
    this.#onchange();
  }

  /** The engine's faults, each at the field that it is about, as far as there is one. */
  #refuse(message: string) {
    const { varied = [], bounds = [] } = this.#order ?? {};
    const others: string[] = [];
    for (const line of message.split('\n').filter(Boolean)) {
      const [, list, i, text] = line.match(/^search\.(vary|hold)\[(\d+)\][^:]*: (.*)$/) ?? [];
      const name = list === 'vary' ? varied[Number(i)]?.path : list === 'hold' ? bounds[Number(i)] : undefined;
      if (name) this.#faults.set(name, text);
      else others.push(line.replace(/^search(\.\w+)?: /, ''));
    }
    this.#refusal = others.slice(0, MOST_LISTED);
  }
}
