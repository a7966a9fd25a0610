/**
 * The format of a lesson: a JSON that an author writes.
 *
 * ```json
 * { "lesson": 1, "title": "Will it be caught?",
 *   "text": "This release fails twice as often as the old version.",
 *   "start": { "preset": "twice-the-errors", "seed": 3 },
 *   "predict": { "kind": "choose", "question": "What does the policy do?", "options": [
 *     { "text": "It rolls the release back", "right": { "figure": "final_state", "is": "ROLLED_BACK" } },
 *     { "text": "It promotes it", "right": { "figure": "final_state", "is": "COMPLETED" } }] },
 *   "reveal": "It was {outcome}, after {ticks} and {excess_errors}.",
 *   "task": { "kind": "operate", "question": "Go to the start and stop it sooner, by hand.",
 *     "goals": [{ "figure": "decided_by", "is": "person" }, { "figure": "excess_errors", "at_most": 100 }] } }
 * ```
 *
 * `start` is where it starts: a preset, changed in `config` by path, or a whole
 * `config`; a `seed`; `commands` by tick, those after `tick`, 0 by default, are hidden with
 * the rest of the outcome. With `faulty`, the configuration is one that the engine refuses,
 * for the learner to correct. `predict` and `reveal` may be left out: then there is a task
 * alone. `reveal` may be `{ "right": …, "wrong": … }`. Texts may contain figures by name,
 * see `figures.ts`; those of a study are of `runs` rollouts, 2,000 by default, and, if
 * `error_ratio` is given, of a bad release that fails so many times as often. `done` is
 * shown at the end, `summary` in a list of lessons.
 *
 * `transfer` is a last question, about a policy that the lesson has not shown: its `start`,
 * a `text` on it, `predict` and `reveal`. It is answered once.
 *
 * Questions. `predict` takes the first four, `task` any:
 * - `choose`: `options`, of which some are `right`: always, or where a goal is met;
 *   `says` is shown to those who chose it.
 * - `estimate`: a `figure` and the `tolerance` in its unit; in a task with `config`, of the
 *   changed configuration, which is opened when the figure was found.
 * - `squares`: the same for a probability, drawn as a number of 100 squares.
 * - `curve`: an `estimate` at several `values` of the field `along.path`, drawn as a line,
 *   which starts level at `from`; the axis ends at `most`, both in the figure's unit.
 * - `configure`: `goals` that the learner's policy must meet on the lesson's release.
 * - `operate`: `goals` that the rollout must meet after the learner's commands; at its end,
 *   or with `"at": "playhead"` where it is shown. With `any_seed` the seed may be changed.
 * - `refused`: something that the engine must have refused: a configuration for what is at
 *   `path`, where `[]` is any place of a list, with `message` in the engine's words; or a
 *   `call`, such as `advance()`.
 * - `match`: `items`, each of which belongs into one of the `bins`; `says` is the reason.
 * - `order`: `lines` in their right order; `says` is the reason for a line's place.
 * - `connect`: a diagram of `nodes` and `edges`, whose ends are to be found; `says` of an
 *   edge is the reason.
 * - `reflect`: an `answer` to compare one's own with; learners judge themselves.
 */

import { cut } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { isTooDeep, locate, placeOf } from '../base/json-path.ts';
import { commands, limits } from '../engine/catalogue.ts';
import type { Problem, TimedCommand } from '../engine/engine.ts';
import type { Goal } from './figures.ts';
import { FIGURES, figuresIn } from './figures.ts';
import type { Members, Shape } from './shape.ts';
import { all, byKind, either, expect, later, list, object, oneOf, positive, record, text, whole } from './shape.ts';
/** How a study is made, if one is needed. */
export type StudyChoices = { runs?: number; error_ratio?: number };
export type Start = {
  preset?: string;
  config?: Members;
  seed?: number;
  commands?: TimedCommand[];
  tick?: number;
  faulty?: boolean;
};
export type Choose = StudyChoices & {
  kind: 'choose';
  question: string;
  options: { text: string; right?: boolean | Goal; says?: string }[];
};
export type Estimate = StudyChoices & {
  kind: 'estimate' | 'squares';
  question: string;
  figure: string;
  tolerance: number;
  config?: Members;
};
export type Curve = StudyChoices & {
  kind: 'curve';
  question: string;
  figure: string;
  tolerance: number;
  from: number;
  most: number;
  along: { path: string; values: number[]; words: string };
};
export type Configure = StudyChoices & { kind: 'configure'; question: string; goals: Goal[] };
export type Operate = {
  kind: 'operate';
  question: string;
  goals: Goal[];
  at?: 'end' | 'playhead';
  any_seed?: boolean;
};
export type Refused = { kind: 'refused'; question: string; path?: string; message?: string; call?: string };
export type Match = {
  kind: 'match';
  question: string;
  bins: string[];
  items: { text: string; bin: string; says?: string }[];
};
export type Order = { kind: 'order'; question: string; lines: { text: string; says?: string }[] };
export type Connect = {
  kind: 'connect';
  question: string;
  nodes: string[];
  edges: { from: string; label: string; to: string; says?: string }[];
};
export type Reflect = { kind: 'reflect'; question: string; answer: string };
export type Prediction = Choose | Estimate | Curve;
export type Check = Prediction | Configure | Operate | Refused | Match | Order | Connect | Reflect;
export type Reveal = string | { right: string; wrong: string };
export type Transfer = { start: Start; text?: string; predict: Prediction; reveal: Reveal };
export type Lesson = {
  title: string;
  summary?: string;
  text: string | string[];
  start: Start;
  predict?: Prediction;
  reveal?: Reveal;
  task: Check;
  done?: string;
  transfer?: Transfer;
};

/** How long a lesson's text may be, in characters, and how deep its brackets. */
const MOST = 64_000;
const DEEPEST = 32;
/** How many faults are shown; an author who has more is helped by the first. */
const MOST_FAULTS = 20;

const short = text(200);
const isText = (value: Json | undefined) => typeof value === 'string';

/** A text whose figures there are. */
const telling: Shape = all(text(1000), (value, path, fault) => {
  for (const name of typeof value === 'string' ? figuresIn(value) : [])
    if (!Object.hasOwn(FIGURES, name))
      fault(path, `there is no figure {${name}}; there are ${Object.keys(FIGURES).join(', ')}`);
});

const figure = (fits: (name: string) => boolean = () => true) =>
  later(() => oneOf(...Object.keys(FIGURES).filter(fits)));
const command = later(() => oneOf(...commands().map(({ name }) => name)));
const numeric = (name: string) => !FIGURES[name].values;
const number = expect('a number', (value) => typeof value === 'number');

const goal =
  (fits?: (name: string) => boolean): Shape =>
  (value, path, fault) => {
    const named = ((value ?? {}) as Members).figure;
    const values = typeof named === 'string' && Object.hasOwn(FIGURES, named) ? FIGURES[named].values : undefined;
    if (values) return record({ figure: figure(fits), is: oneOf(...Object.keys(values)) })(value, path, fault);
    record({ figure: figure(fits) }, { at_least: number, at_most: number })(value, path, fault);
    if (value && Object.keys(value).length === 1) fault(path, 'expected at_least or at_most');
  };

/** How many changes, and how far into a list: each entry before it would come to be. */
const MOST_CHANGES = 100;
const MOST_INDEX = 999;

/** A configuration, or changes by path. */
const changes: Shape = all(object, (value, path, fault) => {
  const paths = Object.keys(value ?? {});
  if (paths.length > MOST_CHANGES) fault(path, `expected at most ${MOST_CHANGES} keys`);
  for (const key of paths) {
    for (const [, index] of key.matchAll(/\[(\d+)\]/g))
      if (Number(index) > MOST_INDEX) fault(path, `[${cut(index)}]: expected an index of at most ${MOST_INDEX}`);
  }
});

const study = { runs: whole(1, 20_000), error_ratio: positive };
const question = text(600);

/** The options, of which one can be right. */
const options: Shape = all(
  list(
    record(
      { text: short },
      { says: telling, right: either((v) => typeof v === 'boolean', oneOf(true, false), goal()) },
    ),
    2,
    8,
  ),
  (value, path, fault) => {
    if (Array.isArray(value) && !value.some((option) => (option as Members)?.right)) fault(path, 'none is right');
  },
);

/** Edges between nodes that there are. */
const connect: Shape = (value, path, fault) => {
  const { nodes } = value as Members;
  const node = Array.isArray(nodes) ? oneOf(...(nodes as string[])) : short;
  record({
    kind: short,
    question,
    nodes: list(text(18), 2, 8),
    edges: list(record({ from: node, label: text(60), to: node }, { says: short }), 1, 16),
  })(value, path, fault);
};

/** Items, each with the bin that it belongs into. */
const match: Shape = (value, path, fault) => {
  const { bins } = value as Members;
  const bin = Array.isArray(bins) ? oneOf(...(bins as string[])) : short;
  record({
    kind: short,
    question,
    bins: list(text(30), 2, 6),
    items: list(record({ text: short, bin }, { says: short }), 2, 12),
  })(value, path, fault);
};

/** A configuration or a call, not both. */
const refused: Shape = all(
  record({ kind: short, question }, { path: short, message: short, call: short }),
  (value, path, fault) => {
    const { path: field, call } = value as Members;
    if ((field === undefined) === (call === undefined)) fault(path, 'expected either path or call');
  },
);

const percentFigure = figure((name) => FIGURES[name].noun === '%' && FIGURES[name].study !== undefined);
const MOST_DRAWN = 10_000;
const height = expect(`a number from 0 to ${MOST_DRAWN}`, (v) => typeof v === 'number' && v >= 0 && v <= MOST_DRAWN);
/** A line's heights are in percent where its figure is. */
const curve: Shape = (value, path, fault) => {
  const { figure: name } = (value ?? {}) as Members;
  const isPercent = typeof name !== 'string' || !Object.hasOwn(FIGURES, name) || FIGURES[name].noun === '%';
  const axis = isPercent ? percent : height;
  record(
    {
      kind: short,
      question,
      figure: figure(numeric),
      tolerance: positive,
      from: axis,
      most: axis,
      along: record({ path: short, values: list(number, 2, 8), words: text(40) }),
    },
    study,
  )(value, path, fault);
};
const percent = expect('a number from 0 to 100', (v) => typeof v === 'number' && v >= 0 && v <= 100);
const estimated = (fits: Shape) =>
  record({ kind: short, question, figure: fits, tolerance: positive }, { config: changes, ...study });

const PREDICTIONS = {
  choose: record({ kind: short, question, options }, study),
  estimate: estimated(figure(numeric)),
  squares: estimated(percentFigure),
  curve,
};
const goals = (fits?: (name: string) => boolean) => list(goal(fits), 1, 6);
const CHECKS = {
  ...PREDICTIONS,
  configure: record({ kind: short, question, goals: goals() }, study),
  operate: record(
    { kind: short, question, goals: goals((name) => !FIGURES[name].study) },
    { at: oneOf('end', 'playhead'), any_seed: oneOf(true, false) },
  ),
  refused,
  match,
  order: record({ kind: short, question, lines: list(record({ text: short }, { says: short }), 2, 12) }),
  connect,
  reflect: record({ kind: short, question, answer: text(2000) }),
};

const start = record(
  {},
  {
    preset: short,
    config: changes,
    seed: later(() => whole(0, limits().seed)),
    tick: whole(0, 10_000),
    commands: list(record({ tick: whole(0, 10_000), command }), 0, 50),
    faulty: oneOf(true, false),
  },
);
const reveal = either(isText, telling, record({ right: telling, wrong: telling }));

const LESSON: Shape = all(
  record(
    {
      lesson: expect('1, the version of the format', (value) => value === 1),
      title: text(100),
      text: either(isText, text(2000), list(text(2000), 1, 8)),
      start,
      task: byKind(CHECKS),
    },
    {
      summary: short,
      predict: byKind(PREDICTIONS),
      reveal,
      done: telling,
      transfer: record({ start, predict: byKind(PREDICTIONS), reveal }, { text: text(2000) }),
    },
  ),
  (value, _path, fault) => {
    const { predict, reveal: revealed } = (value ?? {}) as Members;
    if (predict !== undefined && revealed === undefined) fault('reveal', 'expected beside predict');
    if (predict === undefined && revealed !== undefined) fault('predict', 'expected beside reveal');
  },
);

/**
 * Reads a lesson. Never throws: all that is wrong with it is returned at once.
 *
 * @param source JSON text
 */
export function readLesson(source: string): { lesson: Lesson | null; problems: Problem[] } {
  const problems: Problem[] = [];
  const fault = (path: string, message: string) => {
    if (problems.length === MOST_FAULTS) return;
    const { line, column } = placeOf(source, locate(source, path).from);
    problems.push({ path, message, line, column });
  };
  const value = jsonOf(source);
  if (typeof value === 'string') problems.push({ path: '', message: value, line: null, column: null });
  else LESSON(value.json, '', fault);
  const lesson = typeof value === 'string' ? null : (value.json as unknown as Lesson);
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return { lesson: problems.length === 0 ? lesson : null, problems };
}

/** @returns or why it cannot be read */
function jsonOf(source: string): { json: Json } | string {
  if (source.length > MOST) return `a lesson has at most ${MOST} characters, this has ${source.length}`;
  if (isTooDeep(source, DEEPEST)) return `a lesson’s brackets are at most ${DEEPEST} deep`;
  try {
    return { json: JSON.parse(source) };
  } catch (error) {
    return `not JSON: ${(error as Error).message}`;
  }
}
