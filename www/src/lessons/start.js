/** From a lesson to the rollout that it starts with, and to the figures of its checks. */

import { catalogue } from '../base/catalogue.js';
import { presetNamed, presets, validate } from '../base/engine.js';
import { put, textOf } from '../base/json-path.js';
import { faultOf, madeOf } from '../rollout/making.js';
import { withPolicy } from '../study/policies.js';
import { StudyRunner } from '../study/study-runner.js';
import { FIGURES } from './figures.js';
import { cut } from '../base/format.js';

/** @import { Problem, StudyReport } from '../base/engine.js' */
/** @import { Json } from '../base/json-path.js' */
/** @import { Work } from '../rollout/replay.js' */
/** @import { Value } from './figures.js' */
/** @import { Asked, Lesson, Start } from './lesson.js' */
/** @import { Members } from './shape.js' */

/** Rollouts of a study, if a check does not say. */
const RUNS = 2000;

/**
 * A configuration with changes, each by its path; `null` removes.
 * @param {Json} config
 * @param {Members} [changes]
 */
const changed = (config, changes = {}) =>
  Object.entries(changes).reduce((draft, [path, value]) => put(draft, path, value ?? undefined), config);

/**
 * The rollout that a lesson starts with.
 * @param {Start} start
 * @returns {Required<Pick<Work, "config" | "seed" | "commands" | "tick">>}
 */
export function startOf({ preset, config, seed, commands = [], tick = 0 }) {
  const named = presetNamed(preset) ?? presets()[0];
  const base = preset === undefined && config ? config : JSON.parse(named.json);
  // A preset keeps its text: by that it is known.
  const text = preset !== undefined && !config ? named.json : textOf(preset === undefined ? base : changed(base, config));
  return { config: text, seed: seed ?? null, commands, tick };
}

/**
 * What the engine finds wrong with the start of a lesson.
 * @param {Lesson} lesson
 * @returns {Problem[]}
 */
export function startProblems({ start }) {
  const problem = (/** @type {string} */ path, /** @type {string} */ message) => [{ path, message, line: null, column: null }];
  if (start.preset !== undefined && !presetNamed(start.preset))
    return problem('start.preset', `there is no preset ${cut(start.preset)}; there are ${presets().map(({ name }) => name).join(', ')}`);
  const work = startOf(start);
  const { problems } = validate(work.config);
  if (problems.length > 0) return problems.map((one) => ({ ...one, path: `start.config: ${one.path}`, line: null, column: null }));
  const fault = faultOf(work);
  return fault ? problem('start.commands', fault) : [];
}

/**
 * A configuration with the policy of one and the world and release of another.
 * @param {string} policy
 * @param {string} world
 * @returns {{ config: string, same: boolean }} `same`, if the first had them already
 */
export function policyIn(policy, world) {
  const mine = JSON.parse(policy);
  const theirs = JSON.parse(world);
  const { world: keys, release } = catalogue().parts;
  const isSame = (/** @type {string} */ key) => JSON.stringify(mine[key]) === JSON.stringify(theirs[key]);
  return { config: textOf(withPolicy(theirs, mine)), same: [...keys, ...release].every(isSame) };
}

/**
 * The same with changes, as a check asks for.
 * @param {string} config
 * @param {Members | undefined} changes
 */
export const configWith = (config, changes) => (changes ? textOf(changed(JSON.parse(config), changes)) : config);

/** Has the engine find figures: of a rollout at once, of a study beside the page. */
export class Measures {
  /** Of the study that is running. @type {StudyRunner | null} */
  #runner = null;

  /**
   * Throws the engine's message.
   * @param {string[]} names
   * @param {Work} work the rollout
   * @param {Asked} asked of the study
   * @returns {Promise<Record<string, Value>>}
   */
  async of(names, work, asked) {
    const { report } = (await madeOf({ ...work, tick: null })).end;
    const study = names.some((name) => FIGURES[name].study) ? await this.#study(work.config, asked) : null;
    return Object.fromEntries(
      names.map((name) => {
        const { rollout, study: ofStudy } = FIGURES[name];
        return [name, rollout ? rollout(report) : study && ofStudy ? ofStudy(study) : null];
      }),
    );
  }

  /** Ends what runs. */
  close() {
    this.#runner?.close();
    this.#runner = null;
  }

  /**
   * @param {string} config
   * @param {Asked} asked
   * @returns {Promise<StudyReport>}
   */
  #study(config, { runs = RUNS, error_ratio }) {
    const set = error_ratio === undefined ? [] : [{ field: 'canary.error_ratio', value: error_ratio }];
    this.close();
    const runner = (this.#runner = new StudyRunner());
    return new Promise((/** @type {(report: StudyReport) => void} */ resolve, reject) =>
      runner.run(
        { config, options: { runs, seed: 0, set }, milestones: [] },
        { onresult: ({ report }) => resolve(report), onerror: (message) => reject(new Error(message)) },
      ),
    ).finally(() => runner.close());
  }
}
