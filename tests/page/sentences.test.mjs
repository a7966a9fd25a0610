// The scenario in three sentences: what they say of every preset, of every rule and of all
// that a configuration may have; and that what can be edited of them leads to a field.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from '@playwright/test';
import { get } from '../../www/src/base/json-path.ts';
import { planOf } from '../../www/src/engine/plan.ts';
import { placeWords, specOf } from '../../www/src/words/fields.ts';
import { policySentence, releaseSentence, trafficSentence } from '../../www/src/words/sentences.ts';
import { catalogue, new_rollout, preset, presets } from './engine.mjs';

const EVERYTHING = JSON.parse(readFileSync(new URL('../data/config_everything.json', import.meta.url), 'utf8'));

/** The sentences of a configuration, as pieces. */
function sentencesOf(config) {
  const rollout = new_rollout(config, 1);
  const resolved = planOf(rollout.report());
  rollout.free();
  return {
    release: releaseSentence(resolved),
    traffic: trafficSentence(resolved),
    policy: policySentence(resolved, config),
  };
}

const text = (pieces) =>
  pieces
    .map((piece) => piece.text ?? piece)
    .join('')
    .replaceAll('\u00a0', ' ');

/** Fails unless a configuration is said like this, and all that can be edited of it has a field. */
function check(config, expected) {
  const sentences = sentencesOf(config);
  for (const [about, sentence] of Object.entries(expected)) assert.equal(text(sentences[about]), sentence);
  for (const pieces of Object.values(sentences)) {
    // The plan and the first rule are said whole, however much they have to say.
    assert.ok(text(pieces).length <= 270, text(pieces));
    assert.match(text(pieces), /^[A-Z0-9].*[^.]\.$/);
    assert.ok(
      pieces.some(({ path }) => path),
      text(pieces),
    );
    // A controller as a whole, and a metric of it, are edited as text.
    const isText = (path) => typeof get(config, path) === 'object' && path.startsWith('controller');
    const paths = pieces.flatMap(({ path }) => (path && !isText(path) ? [path] : []));
    for (const path of paths) assert.ok(specOf(path, config), path);
  }
}

const PLAIN = 'A healthy release: the new version (canary) fails as often as the old one (baseline).';
const COURSE =
  '1, 5, 25, 50 %, five minutes each; rolls back when at a stage’s end the canary fails 2 points more than the baseline ' +
  '(1 point from 25 % on), or its p99 latency is more than 50 ms over the baseline.';

/** By preset, what its sentences say. */
const PRESETS = {
  default: {
    release: PLAIN,
    traffic: '170 requests/s, of which 1 % fail; half take up to 80 ms, 99 % up to 180 ms.',
    policy: COURSE,
  },
  opening: {
    release: PLAIN,
    traffic: '170 requests/s, of which 1 % fail.',
    policy:
      '1, 5, 25, 50 %, five minutes each; rolls back when in any minute the canary fails 2 points more than the baseline ' +
      '(1 point from 25 % on).',
  },
  reference: {
    traffic: '200 requests/s, of which 0.2 % fail.',
    policy:
      '1, 5, 25, 50 %, ten ticks of 50 s each; rolls back on evidence of more errors, after any tick (false alarms: at most 5 %).',
  },
  healthy: { release: PLAIN, policy: COURSE },
  'twice-the-errors': { release: 'Twice the errors, from the start.' },
  'slow-leak': { release: 'Healthy at first; four times the errors, growing from minute 3 to minute 22.' },
  'latency-spike': {
    release: 'Healthy at first; 1.5 times the latency from minute 11 on; it fails as often as the old one (baseline).',
  },
  'cold-start': { release: 'Six times the errors at first; half of the difference is gone after two minutes.' },
  incident: {
    release: PLAIN,
    traffic:
      '170 requests/s, of which 1 % fail; half take up to 80 ms, 99 % up to 180 ms; an incident on both versions begins at ' +
      'minute 8, for five minutes (errors × 5, latency × 1.5).',
  },
  canary: { policy: COURSE },
  'blue-green': {
    policy:
      'All traffic at once, for 20 minutes; rolls back when after any minute, over the stage so far, the canary fails more than ' +
      '1.5 % of its requests, or its p99 latency is more than 230 ms.',
  },
  rolling: {
    policy:
      'Ten stages from 10 to 100 %, two minutes each; rolls back when at a stage’s end the canary fails more than 1.5 % of its ' +
      'requests, or its p99 latency is more than 230 ms; a rollback takes five minutes.',
  },
  'all-at-once': {
    policy:
      'All traffic at once, for 20 minutes; rolls back when after any minute, over the stage so far, the canary fails more than ' +
      '1.5 % of its requests, or its p99 latency is more than 230 ms; a rollback takes ten minutes.',
  },
  'burn-rate-sloth': {
    release: 'Ten times the errors, from the start.',
    policy:
      '1, 5, 25, 50 %, ten minutes each; rolls back when after any minute the burn rate of an error budget of the whole service is ' +
      'too high (objective 99.9 %, fails above 14.4 × the budget over the last hour and the last five minutes); and 1 more rule.',
  },
  'burn-rate-pyrra': {
    policy:
      '1, 5, 25, 50 %, ten minutes each; rolls back when after any minute the burn rate of an error budget of the whole service is ' +
      'too high (objective 99.9 %, fails above 14 × the budget over the last hour and the last five minutes), three times in a ' +
      'row; and 1 more rule.',
  },
  kayenta: {
    policy: 'Kayenta: 5 %, about 3 h; 5xx responses in percent every 1 h; latency p50 every 1 h; and 1 more metric.',
  },
  'growthbook-ramp': {
    policy: 'GrowthBook: 1, 5, 10, 25, 50 %, 27 h in all; errors every 1 h.',
  },
  'argo-rollouts': {
    policy: 'Argo Rollouts: 20, 40, 60, 80 %, about 2 min each; success-rate every 1 min, failureLimit 2.',
  },
  flagger: {
    policy:
      'Flagger: 10, 20, 30, 40, 50 %, 6 min in all; request-success-rate every 1 min; request-duration every 1 min.',
  },
  codedeploy: {
    policy: 'AWS CodeDeploy: 10 %, 11 min; CheckoutErrors every 1 min, evaluationPeriods 3, threshold 5.',
  },
};

test('every preset is said', () => {
  assert.deepEqual(
    Object.keys(PRESETS),
    presets().map(({ name }) => name),
  );
  for (const [name, sentences] of Object.entries(PRESETS)) check(JSON.parse(preset(name)), sentences);
});

test('of a configuration with every key the sentences say the most important, and that there is more', () => {
  check(EVERYTHING, {
    release:
      'Twice the errors, growing from tick 3 to tick 12; 1.2 times the latency, only under load: none up to 1 × the mean load, ' +
      'all from 1.3 ×.',
    traffic:
      '33.3 requests/s, of which 0.2 % fail; half take up to 40.5 ms, 99 % up to 300 ms; the load swings by 40 % over two hours; ' +
      'it varies by 20 % from tick to tick; the canary gets 1.05 times the planned odds; each varies by 10 %; and more.',
    policy:
      '1, 12.5, 100 %, five ticks of 30 s each, waits for a person after 1 %, pauses for two ticks after 12.5 %; rolls back when ' +
      'at a stage’s end the canary fails 3 points more than the baseline (2 points from 12.5 % on); and 6 more rules.',
  });
});

const TWO = [
  { traffic_pct: 5, duration_ticks: 4 },
  { traffic_pct: 50, duration_ticks: 4 },
];
const PLAN = '5, 50 %, four minutes each; ';

/** Rules, and what the policy says of them. */
const RULES = [
  [[], 'no rule judges it.'],
  [
    [{ rule: 'error_rate', max: 0.02 }],
    'rolls back when at a stage’s end the canary fails more than 2 % of its requests.',
  ],
  [
    [{ rule: 'error_rate_ratio', max: 2, look: 'every_tick', window: 'stage' }],
    'rolls back when after any minute, over the stage so far, the canary fails more than twice as often as the baseline.',
  ],
  [
    [{ rule: 'error_rate_delta', max: 0, look: 'stage_end', window: 'tick', failure_limit: 3 }],
    'rolls back when in a stage’s last minute the canary fails more than the baseline, three times.',
  ],
  [
    [{ rule: 'latency', max: 300, quantile: 0.95, window: 'rollout', on_fail: 'pause' }],
    'pauses when at a stage’s end, over the rollout so far, the canary’s p95 latency is more than 300 ms.',
  ],
  [
    [{ rule: 'error_rate_delta', max: 0.02, stages: [2], min_requests: 100, min_errors: 5 }],
    'rolls back when at a stage’s end at 50 % the canary fails 2 points more than the baseline, with at least 100 requests and 5 errors.',
  ],
  [
    [{ rule: 'sequential', look: 'stage_end', tolerated_ratio: 1.2, certify_below: 2 }],
    'rolls back on evidence of more errors, at a stage’s end (false alarms: at most 5 %, tolerates 1.2 × the baseline, promotes early if below 2 × the baseline).',
  ],
  [
    [{ rule: 'slow_requests', objective_ms: 250 }],
    'rolls back on evidence of slow requests, after any minute (slow is over 250 ms, false alarms: at most 5 %).',
  ],
  [
    [{ rule: 'group_sequential', alpha: 0.02 }],
    'rolls back on evidence of more errors, at a stage’s end (false alarms: about 2 %).',
  ],
  [
    [{ rule: 'z_test' }],
    'rolls back when at a stage’s end the test of error rates (z) fails (false alarms of one look: about 5 %).',
  ],
  // A pause comes last, and a clause that says its own place again leans on none.
  [
    [
      { rule: 'error_rate', max: 0.5, on_fail: 'pause' },
      { rule: 'error_rate_delta', max: 0.05, look: 'every_tick', window: 'tick' },
      { rule: 'latency', max: 900 },
    ],
    'rolls back when in any minute the canary fails 5 points more than the baseline, or when at a stage’s end the canary’s p99 ' +
      'latency is more than 900 ms; and 1 more rule.',
  ],
  // Evidence and a limit that look at the same moment do not share its words.
  [
    [{ rule: 'group_sequential' }, { rule: 'latency', max: 300 }],
    'rolls back on evidence of more errors, at a stage’s end (false alarms: about 5 %), or when at a stage’s end the canary’s p99 ' +
      'latency is more than 300 ms.',
  ],
  // Rules that differ in their limit alone are one clause, but only where they are in every stage.
  [
    [
      { rule: 'error_rate_delta', max: 0.05, stages: [1] },
      { rule: 'error_rate_delta', max: 0.01, stages: [2] },
    ],
    'rolls back when at a stage’s end the canary fails 5 points more than the baseline (1 point at 50 %).',
  ],
  [
    [
      { rule: 'error_rate_delta', max: 0.05, stages: [2] },
      { rule: 'error_rate_delta', max: 0.01, stages: [2] },
    ],
    'rolls back when at a stage’s end at 50 % the canary fails 5 points more than the baseline, or it fails 1 point more than the baseline.',
  ],
  // When it looks, at what, of whom, and what follows.
  [
    [{ rule: 'error_rate_delta', max: 0.02, look: { every_seconds: 120 }, window: { last_seconds: 300 } }],
    'rolls back when in a look every two minutes, over the last five minutes, the canary fails 2 points more than the baseline.',
  ],
  [
    [
      {
        rule: 'error_rate',
        max: 0.02,
        look: 'every_tick',
        window: { last_seconds: 3600 },
        of: 'service',
        no_data: 'fail',
      },
    ],
    'rolls back when after any minute, over the last hour, the whole service fails more than 2 % of its requests; without data it fails.',
  ],
  [
    [
      {
        rule: 'error_rate_ratio',
        max: 2,
        look: { every_seconds: 60, after_seconds: 180, count: 4 },
        look_while_paused: true,
        window: 'stage',
        of: 'control',
        failure_limit: 2,
        of_last: 3,
      },
    ],
    'rolls back when in four looks, every minute from minute 3 on, also in a pause, over the stage so far, the canary fails more than ' +
      'twice as often as a control of its size, in two of the last three looks.',
  ],
  [
    [{ rule: 'latency_delta_ms', max: 50, of: 'control', failure_limit: 2, of_last: 2, no_data: 'wait' }],
    'rolls back when at a stage’s end the canary’s p99 latency is more than 50 ms over a control of its size, two times in a row; ' +
      'without data it waits.',
  ],
  [
    [{ rule: 'sequential', of: 'control', look_while_paused: true, no_data: 'pass' }],
    'rolls back on evidence of more errors against a control of its size, after any minute, also in a pause, (false alarms: at most 5 %); ' +
      'without data it passes.',
  ],
  [
    [
      { rule: 'error_rate_delta', max: 0.02, counts: 'by_score', weight: 2 },
      { rule: 'latency', max: 300, counts: 'by_score' },
    ],
    'rolls back when at a stage’s end the canary fails 2 points more than the baseline, by a score, or its p99 latency is more than ' +
      '300 ms, by a score.',
  ],
  [
    [
      { rule: 'error_rate_delta', max: 0.02, counts: 'together' },
      { rule: 'latency', max: 300, counts: 'together' },
    ],
    'rolls back when at a stage’s end the canary fails 2 points more than the baseline, counted together, or its p99 latency is more ' +
      'than 300 ms, counted together.',
  ],
];

test('every way to judge is said', () => {
  for (const [rules, said] of RULES) check({ stages: TWO, rules }, { policy: PLAN + said });
});

test('whatever rule the catalogue has, it is said', () => {
  for (const { rule, parameters } of catalogue().rules) {
    const starts = parameters.filter(({ start }) => start !== undefined).map(({ key, start }) => [key, start]);
    check({ stages: TWO, rules: [{ rule, ...Object.fromEntries(starts) }] }, {});
  }
});

/** What monitoring sees, and how errors come. */
const WORLDS = [
  [{ observation: { delay_seconds: 300 } }, 'monitoring sees five minutes late.'],
  [{ observation: { history_seconds: 3600 } }, 'it knows an hour from before the start.'],
  [{ observation: { delay_seconds: 0, history_seconds: 0 } }, 'it knows nothing from before the start.'],
  [{ baseline: { error_clump: 3 } }, 'errors come in clumps of three.'],
  [{ baseline: { error_clump: 2.5 } }, 'errors come in clumps of 2.5.'],
  [{ observation: { delay_seconds: 0 }, baseline: { error_clump: 1 } }, ''],
];

test('what monitoring sees is said, and what is usual is not', () => {
  for (const [world, said] of WORLDS)
    check(
      { ...world, stages: [{ traffic_pct: 5, duration_ticks: 20 }] },
      { traffic: `170 requests/s, of which 1 % fail${said ? `; ${said}` : '.'}` },
    );
});

/** Plans and the rest of a policy. */
const POLICIES = [
  [
    { stages: TWO, pods: { count: 10, ready_ticks: 2 } },
    '5, 50 %, four minutes each, on ten pods, ready after two minutes; no rule judges it.',
  ],
  [
    { stages: TWO, rules: [{ rule: 'error_rate', max: 0.02, counts: 'by_score' }], pass_score: 60 },
    '5, 50 %, four minutes each; rolls back when at a stage’s end the canary fails more than 2 % of its requests, by a score; a score ' +
      'under 60 fails.',
  ],
  [{ stages: TWO, pods: { count: 40 } }, '5, 50 %, four minutes each, on 40 pods; no rule judges it.'],
  [{ stages: [{ traffic_pct: 5, duration_ticks: 1 }] }, '5 %, for one minute; no rule judges it.'],
  [
    { stages: [TWO[0], { traffic_pct: 50, duration_ticks: 9, pause: 'manual' }], rollback_ticks: 2 },
    '5 % for four minutes, 50 % for nine minutes, waits for a person after 50 %; no rule judges it; a rollback takes two minutes.',
  ],
  [
    { stages: TWO.map((stage) => ({ ...stage, pause: { ticks: 2 } })), on_inconclusive: 'rollback' },
    '5, 50 %, four minutes each, pauses for two minutes after each stage; no rule judges it; an inconclusive stage is rolled back.',
  ],
  [
    { stages: TWO, on_inconclusive: { extend: { max_ticks: 3, then: 'pause' } } },
    '5, 50 %, four minutes each; no rule judges it; an inconclusive stage is extended by up to three minutes, then pauses.',
  ],
  [
    { stages: Array.from({ length: 100 }, (_, i) => ({ traffic_pct: i + 1, duration_ticks: i + 1 })) },
    '100 stages from 1 to 100 %, 5,050 minutes in all; no rule judges it.',
  ],
];

test('every plan is said', () => {
  for (const [config, policy] of POLICIES) check(config, { policy });
});

/** Releases: the canary, and what is said. */
const RELEASES = [
  [{ error_rate: 0.05 }, '5 % of its requests fail, from the start.'],
  [
    { error_rate: 0.05, error_arrival: { late: { start_tick: 4 } } },
    'Healthy at first; 5 % of its requests fail from minute 4 on.',
  ],
  [{ error_rate: 0.01 }, PLAIN],
  [{ error_ratio: 0 }, 'No errors at all, from the start.'],
  [{ error_ratio: 0.5, latency_ratio: 2 }, 'Half the errors, from the start; twice the latency, from the start.'],
  [
    { error_ratio: 3, error_arrival: { late: { start_tick: 20 } } },
    'Healthy at first; three times the errors from minute 20 on.',
  ],
  [
    { error_ratio: 3, error_arrival: { late: { start_tick: 20 } }, latency_ratio: 1.5 },
    'Three times the errors from minute 20 on; 1.5 times the latency, from the start.',
  ],
];

test('every release is said', () => {
  for (const [canary, release] of RELEASES) check({ canary, stages: TWO }, { release });
  check(
    { canary: { error_ratio: 2 }, baseline: { error_rate: 0 }, stages: TWO },
    { release: 'Twice the errors, from the start; but the baseline has none.' },
  );
});

/** Places of a configuration in words. */
const PLACES = [
  ['canary.error_ratio', 'errors, times the baseline’s'],
  ['stages[1].traffic_pct', 'stage 2, share'],
  ['stages[0].error_rate_threshold', 'stage 1, limit on error rate'],
  ['rules[1].max', 'rule 2, error rate, fails above'],
  ['rules[2]', 'rule 3, latency'],
  ['rules[2].look.every_seconds', 'rule 3, latency, every'],
  ['observation.delay_seconds', 'seen late by'],
  ['fly', 'fly'],
];

test('a place of the configuration is said in words', () => {
  for (const [path, words] of PLACES) assert.equal(placeWords(path, EVERYTHING), words);
});

test('every field has a hint', () => {
  for (const { rule, parameters } of catalogue().rules) {
    for (const { key, options } of parameters) {
      if (options?.length !== 1) assert.ok(specOf(`rules[0].${key}`, { rules: [{ rule }] }).hint, key);
    }
  }
});
