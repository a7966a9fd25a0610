// The engine's types against what it gives and takes: real values are written as literals
// of their types, and the compiler refuses a key that is missing or unknown, and a word
// that is no such word.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from '@playwright/test';
import {
  config_schema,
  error_rate_intervals,
  import_files,
  new_rollout,
  new_search,
  new_study,
  presets,
  read_counts,
  validate,
} from './engine.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'canary-rollout-types-'));
// They share a folder: one worker runs all of them, and removes it at the end.
test.describe.configure({ mode: 'default' });
test.afterAll(() => rmSync(folder, { recursive: true }));

const HEADER = `
import type * as engine from '${join(ROOT, 'pkg/canary_rollout.js')}';
type Config = engine.Config;
type Rule = engine.Rule;
type Arrival = engine.Arrival;
type Given<T, K extends keyof T> = NonNullable<T[K]>;
/** The keys of any part of a union. */
type KeysOf<T> = T extends object ? keyof T : never;
/** The keys that must not be left out. */
type NeededOf<T> = T extends object ? { [K in keyof T]-?: {} extends Pick<T, K> ? never : K }[keyof T] : never;
`;

/** What the compiler says of these lines; nothing if they are right. */
function compile(lines) {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'esnext',
    lib: ['esnext', 'dom'],
    types: [],
  };
  writeFileSync(join(folder, 'values.ts'), HEADER + lines.join('\n'));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['values.ts'] }));
  const { stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), { cwd: folder, encoding: 'utf8' });
  return (stdout + stderr).slice(0, 4000);
}

let count = 0;
/** A value as a literal of a type, in one line. */
function line(type, value) {
  count += 1;
  return `export const value${count}: ${type} = ${literal(value)};`;
}

/** That a union of words has these, and no others. */
const exactly = (type, words) =>
  // A word of its own, for nothing is refused where a type has no key at all.
  line(`Record<${type} | '-', true>`, Object.fromEntries([...words, '-'].map((word) => [word, true])));

function literal(value) {
  if (ArrayBuffer.isView(value)) return `new ${value.constructor.name}()`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value === null || typeof value !== 'object') return value === undefined ? 'undefined' : JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${literal(inner)}`)
    .join(', ')} }`;
}

function thrownBy(act) {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

/** Rollouts of a configuration in the states that they come to. */
function rollouts(config) {
  const at = (...calls) => {
    const rollout = new_rollout(config, 7);
    for (const call of calls) if (rollout.allowed().includes(call) || call === 'run') rollout[call]();
    return rollout;
  };
  return [at(), at('tick', 'pause', 'tick'), at('tick', 'abort'), at('tick', 'resume', 'promote', 'run'), at('run')];
}

const SCENARIOS = JSON.parse(readFileSync(join(ROOT, 'tests/data/golden/scenarios.json'), 'utf8'));
const EVERY_KEY = JSON.parse(readFileSync(join(ROOT, 'tests/data/config_everything.json'), 'utf8'));

/** Configurations, as people write them, that together use every preset, parameter and rule. */
const configs = () => [
  ...presets().map(({ json }) => JSON.parse(json)),
  ...SCENARIOS.map(({ config }) => config).filter((config) => typeof config === 'object'),
  EVERY_KEY,
];

test('configurations, reports and series are of their types', () => {
  const states = new Set();
  const outcomes = new Set();
  const lines = configs().flatMap((config) => [
    line('Config', config),
    ...rollouts(config).flatMap((rollout) => {
      const report = rollout.report();
      states.add(report.final_state);
      outcomes.add(report.outcome);
      return [
        line('engine.Report', report),
        line('engine.Series', rollout.series()),
        line('engine.Call[]', rollout.allowed()),
        line('engine.State', rollout.state),
      ];
    }),
  ]);
  assert.deepEqual([...states].sort(), ['COMPLETED', 'PAUSED', 'PROGRESSING', 'ROLLED_BACK', 'ROLLING_BACK']);
  assert.ok(outcomes.size > 2, [...outcomes].join());
  assert.equal(compile(lines), '');
});

/** What a study may be asked, all of it. */
const OPTIONS = {
  runs: 20,
  seed: 3,
  horizon_ticks: 200,
  set: [{ field: 'error_rate_threshold', value: 0.02 }],
  sweep: { field: 'stages[0].duration_ticks', values: [1, 3] },
  policies: [{ name: 'no rule', policy: { rules: [], on_inconclusive: 'promote', rollback_ticks: 1 } }, { policy: {} }],
};

test('studies and what they are asked are of their types', () => {
  const lines = [line('engine.StudyOptions', OPTIONS)];
  for (const config of [...presets().map(({ json }) => JSON.parse(json)), EVERY_KEY]) {
    // A controller has no stages to sweep, and none that another policy could keep.
    for (const options of [{ runs: 20 }, ...(config.controller ? [] : [{ ...OPTIONS, set: [] }])]) {
      const study = new_study(config, options);
      lines.push(line('engine.StudyReport', study.report()));
      study.advance(12);
      lines.push(line('engine.StudyReport', study.report()));
      study.advance(20);
      lines.push(line('engine.StudyReport', study.report()), line('engine.FirstRuns', study.first_runs(false)));
    }
  }
  assert.equal(compile(lines), '');
});

/** What a search may be asked, all of it. */
const SEARCH_OPTIONS = {
  vary: ['error_rate_threshold=0.002,0.01,0.05', { field: 'stages[*].duration_ticks', values: [1, 3] }],
  policies: [{ name: 'no rule', policy: { rules: [] } }, { policy: { rules: [] } }],
  hold: ['false_rollback<=0.5', 'duration_ticks.p95<=60'],
  least: ['excess_errors(error_ratio=5)', 'ticks'],
  runs: 20_000,
  candidates: 4,
  seed: 3,
  horizon_ticks: 200,
  person: { after_ticks: 2, command: 'resume' },
  error_probability: 0.01,
  tolerance: 0.02,
};

test('searches and what they are asked are of their types', () => {
  const range = { vary: [{ field: 'rules[0].max', from: 0.01, to: 0.02, count: 2 }], least: ['ticks'] };
  const lines = [line('engine.SearchOptions', SEARCH_OPTIONS), line('engine.SearchOptions', range)];
  const config = { stages: [{ traffic_pct: 5 }], error_rate_threshold: 0.01, canary: { error_ratio: 2 } };
  const none = { ...SEARCH_OPTIONS, hold: ['false_rollback<=0', 'caught>=1'] };
  const found = [SEARCH_OPTIONS, none].map((options) => {
    const search = new_search(config, options);
    lines.push(line('engine.SearchReport', search.report()));
    search.advance(3_000);
    lines.push(line('engine.SearchReport', search.report()));
    while (!search.is_finished) search.advance(3_000);
    const report = search.report();
    lines.push(line('engine.SearchReport', report));
    return [report.chosen !== null, report.nearest !== null];
  });
  assert.deepEqual(found, [
    [true, false],
    [false, true],
  ]);
  assert.equal(compile(lines), '');
});

/** Counts of two versions, or of one, with what a reader warns of and assumes. */
const countsOf = (arms, steps, seconds = 60) => {
  const rows = Array.from({ length: steps }, (_, i) => {
    const time = new Date((1_795_000_000 + seconds * i) * 1000).toISOString();
    const figures = `${900 + ((i * 37) % 101)},${i % 97 === 5 ? 80 : (i * 7) % 11},${80 + (i % 5)},${300 + (i % 9)}`;
    return i % 50 === 17 ? [] : arms.map((arm) => `${time},${arm},${figures}`);
  });
  return [{ name: 'a.csv', text: ['time,version,requests,errors,p50,p99', ...rows.flat()].join('\n') }];
};

/** All that reading, fitting and replaying can be asked. */
const COUNTS_OPTIONS = {
  series: ['errors=errors'],
  baseline: 'version=stable',
  canary: 'version=canary',
  from: 1_795_000_000,
  to: 1_796_000_000,
  step_seconds: 60,
  time_zone: '+00:00',
  absent_errors_are_zero: true,
};

test('recorded counts, their fits and their replays are of their types', () => {
  const two = read_counts(countsOf(['stable', 'canary'], 400), COUNTS_OPTIONS);
  const one = read_counts(countsOf(['stable'], 3 * 288, 300));
  const config = { stages: [{ traffic_pct: 5, duration_ticks: 10 }], canary: { error_ratio: 3 } };
  const fitOptions = { tick_seconds: 60, rollout_start: 1_795_000_000 };
  const replayOptions = { start: 1_795_003_600, lay_release: false, thin_canary: true };
  const lines = [
    line('engine.CountsOptions', COUNTS_OPTIONS),
    line('engine.FitOptions', fitOptions),
    line('engine.ReplayOptions', replayOptions),
  ];
  const replays = [two.replay(config, 1), two.replay(config, 1, replayOptions), one.replay(config, 1)];
  for (const rollout of [...replays, two.replay(config, 1, { lay_release: true })]) {
    lines.push(line('engine.Report', rollout.report()));
    rollout.run();
    lines.push(line('engine.Report', rollout.report()), line('engine.Series', rollout.series()));
  }
  for (const counts of [two, one]) {
    lines.push(line('engine.CountsReading', counts.reading()), line('engine.RecordSeries', counts.series()));
    lines.push(line('engine.Fit', counts.fit(null)), line('engine.Fit', counts.fit(fitOptions)));
    lines.push(line('engine.Config', counts.fitted_config(config, fitOptions)));
  }
  const study = one.new_study(config, { runs: 20 }, null);
  study.advance(20);
  lines.push(line('engine.StudyReport', study.report()));
  const morning = one.new_study(config, { runs: 1 }, 9 * 3600);
  lines.push(line('engine.StudyReport', morning.report()));
  assert.equal(compile(lines), '');
  // What is asked is taken as it is meant, or refused with its key.
  assert.match(thrownBy(() => one.fit({ tick_seconds: 1.5 })).message, /^tick_seconds: expected a whole number/);
  assert.match(thrownBy(() => read_counts([], { series: ['x'] })).message, /^series: expected /);
});

test('the rest of what the engine gives is of its type', () => {
  const faulty = '{ "tick_seconds": 0, "stages": [{ "traffic_pct": "5" }] }';
  const doubtful = { canary: { error_ratio: 2 }, baseline: { error_rate: 0 }, stages: [{ traffic_pct: 5 }] };
  assert.ok(validate(doubtful).warnings.length > 0);
  const rollout = new_rollout({ stages: [{ traffic_pct: 5 }] }, 1);
  const refused = thrownBy(() => rollout.replay_for(1, [{ tick: 0, command: 'resume' }]));
  assert.equal(
    compile([
      line('engine.Preset[]', presets()),
      line('engine.Validation', validate(faulty)),
      line('engine.Validation', validate(doubtful)),
      line('engine.Import', import_files([{ name: 'a.yaml', text: ROLLOUT }], { bind: { errors: 'nothing' } })),
      line('engine.ReplayError', { name: refused.name, message: refused.message, ...refused }),
      line('ReturnType<typeof engine.error_rate_intervals>', error_rate_intervals([1], [2])),
    ]),
    '',
  );
});

const ROLLOUT = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
spec:
  strategy:
    canary:
      maxSurge: "1"
      steps: [{setWeight: 5}, {analysis: {templates: [{templateName: errors}]}}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  metrics: [{name: errors, provider: {job: {}}}]
`;

/** The type of each part of the schema. */
const PARTS = {
  AfterExtension: "Extract<Given<Config, 'on_inconclusive'>, object>['extend']['then']",
  AlphaSpending: "Given<Rule, 'spending'>",
  Arrival: 'Arrival',
  Baseline: "Given<Config, 'baseline'>",
  BetsOpen: "Given<Rule, 'bets_open'>",
  Canary: "Given<Config, 'canary'>",
  ColdStart: 'Extract<Arrival, { cold_start: any }>["cold_start"]',
  Controller: 'engine.Controller',
  CountsFailures: "Given<Rule, 'counts'>",
  DailySwing: "Given<Given<Config, 'traffic'>, 'daily_swing'>",
  Extension: "Extract<Given<Config, 'on_inconclusive'>, object>['extend']",
  Incidents: "Given<Config, 'incidents'>",
  Late: 'Extract<Arrival, { late: any }>["late"]',
  Latency: "Given<Given<Config, 'baseline'>, 'latency_ms'>",
  Leak: 'Extract<Arrival, { leak: any }>["leak"]',
  Look: "Given<Rule, 'look'>",
  NoData: "Given<Rule, 'no_data'>",
  Noise: "Given<Config, 'noise'>",
  Observation: "Given<Config, 'observation'>",
  OnFail: "Given<Rule, 'on_fail'>",
  OnInconclusive: "Given<Config, 'on_inconclusive'>",
  Pods: "Given<Config, 'pods'>",
  Population: "Given<Rule, 'of'>",
  Rule: 'Rule',
  Schedule: "Extract<Given<Rule, 'look'>, object>",
  Stage: 'engine.Stage',
  StagePause: "Given<engine.Stage, 'pause'>",
  Traffic: "Given<Config, 'traffic'>",
  UnderLoad: 'Extract<Arrival, { under_load: any }>["under_load"]',
  Window: "Given<Rule, 'window'>",
};

/** The parts that a configuration refers to; those of a controller alone have no type. */
function partsOf(schema) {
  const found = new Set();
  const follow = (part) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/\$defs\/(\w+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      if (name !== 'Controller') follow(schema.$defs[name]);
    }
  };
  follow({ ...schema, $defs: {} });
  return [...found].sort();
}

test('a configuration’s type has the keys and words of the schema', () => {
  const schema = config_schema();
  assert.deepEqual(Object.keys(PARTS), partsOf(schema));
  const parts = [['Config', schema], ...Object.entries(PARTS).map(([name, type]) => [type, schema.$defs[name]])];
  const lines = parts.flatMap(([type, part]) => {
    // One of several words, or an object.
    const choices = (part.properties ? [part] : (part.oneOf ?? part.anyOf ?? [part])).map(
      (choice) => schema.$defs[choice.$ref?.replace('#/$defs/', '')] ?? choice,
    );
    const words = choices.flatMap((choice) => choice.enum ?? choice.const ?? []);
    const objects = choices.filter((choice) => choice.properties);
    const keys = objects.flatMap(({ properties }) => Object.keys(properties));
    const needed = objects.flatMap(({ required = [] }) => required);
    assert.ok(words.length + keys.length > 0, type);
    return [
      exactly(`Extract<${type}, string>`, words),
      exactly(`KeysOf<${type}>`, keys),
      exactly(`NeededOf<${type}>`, needed),
    ];
  });
  assert.equal(compile(lines), '');
});

test('the types of studies and searches have the options that the engine names', () => {
  const named = (options, prepare = new_study) => {
    const { message } = thrownBy(() => prepare({ stages: [{ traffic_pct: 5 }] }, options));
    return [...message.split(', expected ')[1].matchAll(/`(\w+)`/g)].map(([, key]) => key);
  };
  const types = {
    'engine.StudyOptions': named({ x: 1 }),
    "Given<engine.StudyOptions, 'set'>[number]": named({ set: [{ x: 1 }] }),
    "Given<engine.StudyOptions, 'sweep'>": named({ sweep: { x: 1 } }),
    "Given<engine.StudyOptions, 'policies'>[number]": named({ policies: [{ x: 1 }] }),
    'engine.SearchOptions': named({ x: 1 }, new_search),
    "Given<engine.SearchOptions, 'policies'>[number]": named({ policies: [{ x: 1 }] }, new_search),
  };
  const lines = Object.entries(types).map(([type, keys]) => exactly(`keyof ${type}`, keys));
  assert.equal(compile(lines), '');
});

test('the compiler does refuse what is not of its type', () => {
  const report = new_rollout({ stages: [{ traffic_pct: 5 }] }, 1).report();
  const { outcome: _, ...less } = report;
  const wrong = [
    { ...report, colour: 'amber' },
    less,
    { ...report, outcome: 'lucky' },
    { ...report, seed: '1' },
    { ...report, metrics: { ...report.metrics, canary: { ...report.metrics.canary, p50: 1 } } },
    { ...report, stages: report.stages.map((stage) => ({ ...stage, verdict: null })) },
  ];
  assert.equal(compile(wrong.flatMap((value) => ['// @ts-expect-error', line('engine.Report', value)])), '');
});
