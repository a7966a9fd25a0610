/** From a lesson to the rollout that it starts with, and to the figures of its checks. */

import { cut } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { put, textOf } from '../base/json-path.ts';
import { catalogue } from '../engine/catalogue.ts';
import type { Problem, Report, StudyReport } from '../engine/engine.ts';
import { presetNamed, presets, validate } from '../engine/engine.ts';
import type { RolloutInput } from '../engine/replay.ts';
import { faultOf, madeOf } from '../rollout/rollout-runner.ts';
import { withPolicy } from '../study/policies.ts';
import { StudyRunner } from '../study/study-runner.ts';
import type { Value } from './figures.ts';
import { FIGURES } from './figures.ts';
import type { Lesson, Start, StudyChoices } from './lesson.ts';
import type { Members } from './shape.ts';

/** Rollouts of a study, if a check does not say. */
const RUNS = 2000;

/** A configuration with changes, each by its path; `null` removes. */
const changed = (config: Json, changes: Members = {}) =>
  Object.entries(changes).reduce((draft, [path, value]) => put(draft, path, value ?? undefined), config);

/** The rollout that a lesson starts with. */
export function startOf({
  preset,
  config,
  seed,
  commands = [],
  tick = 0,
}: Start): Required<Pick<RolloutInput, 'config' | 'seed' | 'commands' | 'tick'>> {
  const named = presetNamed(preset) ?? presets()[0];
  const base = preset === undefined && config ? config : JSON.parse(named.json);
  // A preset keeps its text: by that it is known.
  const text =
    preset !== undefined && !config ? named.json : textOf(preset === undefined ? base : changed(base, config));
  return { config: text, seed: seed ?? null, commands, tick };
}

/** What the engine finds wrong with the starts of a lesson. */
export const startProblems = ({ start, transfer }: Lesson): Problem[] => [
  ...problemsOf(start, 'start'),
  ...(transfer ? problemsOf(transfer.start, 'transfer.start') : []),
];

/** @param path where the start stands in the lesson */
function problemsOf(start: Start, path: string): Problem[] {
  const problem = (key: string, message: string) => [{ path: `${path}.${key}`, message, line: null, column: null }];
  if (start.preset !== undefined && !presetNamed(start.preset))
    return problem(
      'preset',
      `there is no preset ${cut(start.preset)}; there are ${presets()
        .map(({ name }) => name)
        .join(', ')}`,
    );
  const work = startOf(start);
  const { problems } = validate(work.config);
  if (start.faulty) return problems.length > 0 ? [] : problem('faulty', 'the engine accepts this configuration');
  if (problems.length > 0)
    return problems.map((one) => ({ ...one, path: `${path}.config: ${one.path}`, line: null, column: null }));
  const fault = faultOf(work);
  return fault ? problem('commands', fault) : [];
}

/**
 * A configuration with the policy of one and the world and release of another.
 *
 * @returns `same`, if the first had them already
 */
export function policyIn(policy: string, world: string): { config: string; same: boolean } {
  const mine = JSON.parse(policy);
  const theirs = JSON.parse(world);
  const { world: keys, release } = catalogue().parts;
  const isSame = (key: string) => JSON.stringify(mine[key]) === JSON.stringify(theirs[key]);
  return { config: textOf(withPolicy(theirs, mine)), same: [...keys, ...release].every(isSame) };
}

/** The same with changes, as a check asks for. */
export const configWith = (config: string, changes: Members | undefined) =>
  changes ? textOf(changed(JSON.parse(config), changes)) : config;

const figuresOf = (names: string[], report: Report | null, study: StudyReport | null = null) =>
  Object.fromEntries(
    names.map((name) => {
      const { rollout, study: ofStudy } = FIGURES[name];
      return [name, rollout && report ? rollout(report) : ofStudy && study ? ofStudy(study) : null];
    }),
  ) as Record<string, Value>;

/** The figures of a rollout as far as it is shown. */
export const figuresHere = (names: string[], report: Report) => figuresOf(names, report);

/** Has the engine find figures: of a rollout at once, of a study beside the page. */
export class Measures {
  /** Of the study that is running. */
  #runner: StudyRunner | null = null;

  /**
   * Throws the engine's message.
   *
   * @param work the rollout
   * @param asked of the study
   */
  async of(names: string[], work: RolloutInput, asked: StudyChoices): Promise<Record<string, Value>> {
    const report = names.some((name) => FIGURES[name].rollout)
      ? (await madeOf({ ...work, tick: null })).end.report
      : null;
    const study = names.some((name) => FIGURES[name].study) ? await this.#study(work.config, asked) : null;
    return figuresOf(names, report, study);
  }

  /** Ends what runs. */
  close() {
    this.#runner?.close();
    this.#runner = null;
  }

  #study(config: string, { runs = RUNS, error_ratio }: StudyChoices): Promise<StudyReport> {
    const set = error_ratio === undefined ? [] : [{ field: 'canary.error_ratio', value: error_ratio }];
    this.close();
    const runner = new StudyRunner();
    this.#runner = runner;
    return new Promise((resolve: (report: StudyReport) => void, reject) =>
      runner.run(
        { studies: [{ config, options: { runs, seed: 0, set } }], milestones: [] },
        { onresult: ([{ report }]) => resolve(report), onerror: (message) => reject(new Error(message)) },
      ),
    ).finally(() => runner.close());
  }
}
