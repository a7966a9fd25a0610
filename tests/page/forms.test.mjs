// The configuration on the page: presets, forms and JSON, and what is wrong with it.
import assert from 'node:assert/strict';
import { presets, validate } from './engine.mjs';
import { expect, slow, test } from './fixtures.ts';
import {
  BAD,
  button,
  CALM,
  choose,
  closeEditor,
  enter,
  fault,
  field,
  fieldAt,
  headline,
  json,
  jsonBox,
  kicker,
  notice,
  openEditor,
  openText,
  outcome,
  problemBox,
  problemItems,
  problemList,
  problemPlaces,
  problemTexts,
  show,
  stageNames,
  stageRows,
  states,
  where,
} from './rollout-page.mjs';

/** A test that begins with CALM on the page. */
const onCalm = (name, act, details = {}) =>
  test(name, details, async ({ open }) => {
    const page = await open();
    await show(page, CALM);
    await act(page);
  });

/** Fields of each kind: path, what is entered, what the configuration then has. */
const EDITS = [
  ['name', 'beta', (config) => config.name, 'beta'],
  ['canary.error_ratio', '2.5', (config) => config.canary.error_ratio, 2.5],
  ['canary.latency_ratio', '1.5', (config) => config.canary.latency_ratio, 1.5],
  ['traffic.requests_per_second', '99', (config) => config.traffic.requests_per_second, 99],
  ['baseline.error_rate', '0.7', (config) => config.baseline.error_rate, 0.007],
  ['baseline.latency_ms.p50', '90', (config) => config.baseline.latency_ms.p50, 90],
  ['baseline.latency_ms.p99', '300', (config) => config.baseline.latency_ms.p99, 300],
  ['baseline.error_clump', '3', (config) => config.baseline.error_clump, 3],
  ['observation.delay_seconds', '120', (config) => config.observation?.delay_seconds, 120],
  ['observation.history_seconds', '3600', (config) => config.observation?.history_seconds, 3600],
  ['tick_seconds', '30', (config) => config.tick_seconds, 30],
  ['stages[1].traffic_pct', '40', (config) => config.stages[1].traffic_pct, 40],
  ['stages[0].duration_ticks', '7', (config) => config.stages[0].duration_ticks, 7],
  ['stages[0].error_rate_threshold', '3', (config) => config.stages[0].error_rate_threshold, 0.03],
  ['stages[0].latency_threshold_ms', '60', (config) => config.stages[0].latency_threshold_ms, 60],
  ['stages[0].name', 'first', (config) => config.stages[0].name, 'first'],
  ['error_rate_threshold', '2', (config) => config.error_rate_threshold, 0.02],
  ['latency_threshold_ms', '50', (config) => config.latency_threshold_ms, 50],
  ['rollback_ticks', '2', (config) => config.rollback_ticks, 2],
];

onCalm(
  'every field edits the configuration, and emptied it is left out',
  async (page) => {
    for (const [path, entered, read, value] of EDITS) {
      const before = await (await fieldAt(page, path)).inputValue();
      await enter(page, path, entered);
      assert.deepEqual(read(await json(page)), value, path);
      assert.deepEqual(validate(await json(page)).problems, [], path);
      await expect(fault(page, path), path).toBeHidden();
      await enter(page, path, '');
      assert.equal(read(await json(page)), undefined, path);
      await enter(page, path, before);
    }
  },
  slow,
);

onCalm('an edit runs the rollout anew at once, seed kept', async (page) => {
  const seed = await page.locator('canary-rollout').evaluate((element) => element.seed);
  await enter(page, 'error_rate_threshold', '5');
  await enter(page, 'canary.error_ratio', '20');
  await expect(states(page)).toHaveAttribute('data-present', 'ROLLED_BACK');
  await expect(outcome(page)).toHaveAttribute('data-outcome', 'caught');
  assert.equal(await page.locator('canary-rollout').evaluate((element) => element.seed), seed);
});

onCalm('the slider beside a number sets it', async (page) => {
  await openEditor(page, 'Release');
  await page.getByRole('slider', { name: 'Errors, times the baseline’s' }).fill('3');
  assert.equal((await json(page)).canary.error_ratio, 3);
  await expect(field(page, 'canary.error_ratio')).toHaveValue('3');
});

onCalm('how a regression arrives, with its own fields', async (page) => {
  for (const [word, key] of [
    ['late', 'start_tick'],
    ['leak', 'ramp_ticks'],
    ['under_load', 'full_load'],
    ['cold_start', 'half_life_ticks'],
  ]) {
    await choose(page, 'canary.error_arrival', word);
    await enter(page, `canary.error_arrival.${word}.${key}`, '4');
    assert.equal((await json(page)).canary.error_arrival[word][key], 4);
    assert.deepEqual(validate(await json(page)).problems, []);
  }
  await choose(page, 'canary.error_arrival', 'at_once');
  assert.equal((await json(page)).canary.error_arrival, 'at_once');
});

onCalm('what follows an inconclusive stage, and a pause after a stage', async (page) => {
  await choose(page, 'on_inconclusive', 'extend');
  await enter(page, 'on_inconclusive.extend.max_ticks', '3');
  await choose(page, 'on_inconclusive.extend.then', 'rollback');
  assert.deepEqual((await json(page)).on_inconclusive, { extend: { max_ticks: 3, then: 'rollback' } });
  await choose(page, 'stages[0].pause', 'manual');
  await expect(states(page)).toHaveAttribute('data-present', 'PAUSED');
  await choose(page, 'stages[0].pause', 'ticks');
  await enter(page, 'stages[0].pause.ticks', '2');
  assert.deepEqual((await json(page)).stages[0].pause, { ticks: 2 });
  await expect(states(page)).toHaveAttribute('data-present', 'COMPLETED');
  await expect(where(page)).toHaveText(/10 of 10/);
});

onCalm('stages are added and removed', async (page) => {
  await openEditor(page, 'Policy');
  await button(page, 'Add after stage 2').click();
  assert.equal((await json(page)).stages.length, 3);
  await expect(stageRows(page)).toHaveCount(3);
  await button(page, 'Remove stage 1').click();
  assert.deepEqual(
    (await json(page)).stages.map((stage) => stage.traffic_pct),
    [50, 75],
  );
  await button(page, 'Add after stage 1').click();
  assert.deepEqual(
    (await json(page)).stages.map((stage) => stage.traffic_pct),
    [50, 63, 75],
  );
});

onCalm('rules are added, set and removed', async (page) => {
  await openEditor(page, 'Policy');
  await button(page, 'Add a rule').click();
  await choose(page, 'rules[0].rule', 'latency');
  await enter(page, 'rules[0].max', '500');
  await enter(page, 'rules[0].quantile', '0.95');
  await choose(page, 'rules[0].look', 'every_tick');
  await choose(page, 'rules[0].window', 'tick');
  await enter(page, 'rules[0].failure_limit', '2');
  await choose(page, 'rules[0].on_fail', 'pause');
  await enter(page, 'rules[0].min_requests', '100');
  await enter(page, 'rules[0].stages', '1, 2');
  const rule = {
    rule: 'latency',
    max: 500,
    quantile: 0.95,
    look: 'every_tick',
    window: 'tick',
    failure_limit: 2,
    on_fail: 'pause',
    min_requests: 100,
    stages: [1, 2],
  };
  assert.deepEqual((await json(page)).rules, [rule]);
  assert.deepEqual(validate(await json(page)).problems, []);
  await button(page, 'Remove rule 1').click();
  assert.deepEqual((await json(page)).rules, []);
});

onCalm('when a rule looks, at what, of whom, and what follows from failures and from no data', async (page) => {
  await openEditor(page, 'Policy');
  await button(page, 'Add a rule').click();
  await choose(page, 'rules[0].rule', 'error_rate');
  await choose(page, 'rules[0].look', 'every_seconds');
  await enter(page, 'rules[0].look.every_seconds', '120');
  await enter(page, 'rules[0].look.after_seconds', '60');
  await enter(page, 'rules[0].look.count', '9');
  await field(page, 'rules[0].look_while_paused').check();
  await choose(page, 'rules[0].window', 'last_seconds');
  await enter(page, 'rules[0].window.last_seconds', '180');
  await choose(page, 'rules[0].of', 'service');
  await enter(page, 'rules[0].failure_limit', '2');
  await enter(page, 'rules[0].of_last', '3');
  await choose(page, 'rules[0].counts', 'by_score');
  await enter(page, 'rules[0].weight', '2');
  await choose(page, 'rules[0].no_data', 'fail');
  await enter(page, 'pass_score', '60');
  const rule = {
    max: 0.02,
    rule: 'error_rate',
    look: { every_seconds: 120, after_seconds: 60, count: 9 },
    look_while_paused: true,
    window: { last_seconds: 180 },
    of: 'service',
    failure_limit: 2,
    of_last: 3,
    counts: 'by_score',
    weight: 2,
    no_data: 'fail',
  };
  const config = await json(page);
  assert.deepEqual(config.rules, [rule]);
  assert.equal(config.pass_score, 60);
  assert.deepEqual(validate(config).problems, []);
  await field(page, 'rules[0].look_while_paused').uncheck();
  assert.equal((await json(page)).rules[0].look_while_paused, undefined);
  // A score that nothing counts by is of no use.
  await enter(page, 'pass_score', '');
  await choose(page, 'rules[0].counts', 'alone');
  await expect(field(page, 'pass_score')).toHaveCount(0);
});

onCalm('what is wrong with looks, windows and the delay is said at the field', async (page) => {
  const wrong = {
    ...CALM,
    observation: { delay_seconds: 30 },
    rules: [
      { rule: 'error_rate', max: 0.02, look: { after_seconds: 60 }, window: { last_seconds: 90 }, of: 'control' },
    ],
  };
  const { problems } = validate(wrong);
  assert.ok(problems.length >= 2);
  await openText(page);
  await jsonBox(page).fill(JSON.stringify(wrong));
  await button(page, 'Apply').click();
  for (const { path, message } of problems) {
    await expect(await fieldAt(page, path), path).toHaveAttribute('aria-invalid', 'true');
    await expect(fault(page, path)).toHaveText(message);
  }
});

onCalm('the canary’s error rate takes the place of its ratio, and back', async (page) => {
  await enter(page, 'canary.error_ratio', '3');
  await enter(page, 'canary.error_rate', '5');
  assert.deepEqual((await json(page)).canary, { error_rate: 0.05 });
  await expect(field(page, 'canary.error_ratio')).toHaveCount(0);
  await expect(outcome(page)).toHaveAttribute('data-outcome', 'missed_regression');
  await enter(page, 'canary.error_rate', '');
  await enter(page, 'canary.error_ratio', '2');
  assert.deepEqual((await json(page)).canary, { error_ratio: 2 });
});

onCalm('traffic is split among whole instances', async (page) => {
  await openEditor(page, 'Policy');
  await page.getByLabel('Traffic is split among whole instances').check();
  await enter(page, 'pods.count', '20');
  await enter(page, 'pods.ready_ticks', '2');
  const config = await json(page);
  assert.deepEqual(config.pods, { count: 20, ready_ticks: 2 });
  assert.deepEqual(validate(config).problems, []);
  await page.getByLabel('Traffic is split among whole instances').uncheck();
  assert.equal((await json(page)).pods, undefined);
});

/** What the forms offer for the rules that gather evidence, and for the tests. */
const RULES = {
  sequential: {
    alpha: ['1', 0.01],
    tolerated_ratio: ['1.2', 1.2],
    bets: ['2, 4', [2, 4]],
    bets_open: ['tick_1', 'tick_1'],
    certify_below: ['1.5', 1.5],
    certify_alpha: ['10', 0.1],
    min_ticks: ['3', 3],
    look: ['stage_end', 'stage_end'],
  },
  slow_requests: { objective_ms: ['250', 250], alpha: ['2', 0.02], tolerated_ratio: ['1.1', 1.1] },
  group_sequential: { alpha: ['2', 0.02], spending: ['obrien_fleming', 'obrien_fleming'] },
  z_test: { alpha: ['1', 0.01], window: ['rollout', 'rollout'] },
  fisher: { alpha: ['1', 0.01] },
  mann_whitney: { alpha: ['1', 0.01] },
  burn_rate: {
    objective: ['99.5', 0.995],
    factor: ['6', 6],
    long_seconds: ['1800', 1800],
    short_seconds: ['120', 120],
    of: ['service', 'service'],
  },
};

for (const [rule, parameters] of Object.entries(RULES)) {
  onCalm(`the parameters of ${rule}`, async (page) => {
    await openEditor(page, 'Policy');
    await button(page, 'Add a rule').click();
    await choose(page, 'rules[0].rule', rule);
    assert.deepEqual(validate(await json(page)).problems, []);
    for (const [key, [entered]] of Object.entries(parameters)) {
      const input = field(page, `rules[0].${key}`);
      if (await input.evaluate((element) => element instanceof HTMLSelectElement)) await input.selectOption(entered);
      else await input.fill(entered);
    }
    const values = Object.entries(parameters).map(([key, [, value]]) => [key, value]);
    assert.deepEqual((await json(page)).rules, [{ rule, ...Object.fromEntries(values) }]);
    assert.deepEqual(validate(await json(page)).problems, []);
  });
}

onCalm('noise, swing and incidents', async (page) => {
  await enter(page, 'noise.common', '30');
  await page.getByLabel('Daily swing').check();
  await page.getByLabel('Incidents on both versions').check();
  await enter(page, 'incidents.error_ratio', '4');
  const config = await json(page);
  assert.equal(config.noise.common, 0.3);
  assert.equal(config.incidents.error_ratio, 4);
  assert.ok(config.traffic.daily_swing);
  assert.deepEqual(validate(config).problems, []);
  await page.getByLabel('Incidents on both versions').uncheck();
  assert.equal((await json(page)).incidents, undefined);
});

test('every preset is offered, and runs', async ({ open }) => {
  const page = await open();
  const offered = page.getByRole('combobox', { name: 'Preset' });
  for (const { name, json: preset } of presets()) {
    await offered.selectOption(name);
    assert.deepEqual(await json(page), JSON.parse(preset));
    await expect(headline(page)).not.toHaveText('');
  }
  await enter(page, 'name', 'mine');
  await expect(offered).toHaveValue('edited');
});

onCalm('JSON is applied', async (page) => {
  await openText(page);
  await jsonBox(page).fill(JSON.stringify(BAD));
  await button(page, 'Apply').click();
  await expect(states(page)).toHaveAttribute('data-present', 'ROLLED_BACK');
  await expect(await fieldAt(page, 'canary.error_ratio')).toHaveValue('20');
});

const THREE_FAULTS = {
  baseline: { error_rate: 2 },
  stages: [
    { traffic_pct: 10, duration_ticks: 5 },
    { traffic_pct: 5, duration_ticks: 5 },
  ],
  rollback_ticks: -1,
};

onCalm('three faults are three complaints in the engine’s words, each at its field', async (page) => {
  const { problems } = validate(THREE_FAULTS);
  assert.equal(problems.length, 3);
  await openText(page);
  await jsonBox(page).fill(JSON.stringify(THREE_FAULTS, null, 2));
  await button(page, 'Apply').click();
  const listed = await problemTexts(page).allInnerTexts();
  assert.deepEqual(
    listed,
    problems.map(({ path, message }) => `${path}: ${message}`),
  );
  for (const { path, message } of problems) {
    await expect(await fieldAt(page, path)).toHaveAttribute('aria-invalid', 'true');
    await expect(fault(page, path)).toHaveText(message);
  }
  await expect(states(page), 'the last valid rollout is still there').toHaveAttribute('data-present', 'COMPLETED');
  await enter(page, 'rollback_ticks', '0');
  await openText(page);
  await expect(problemItems(page)).toHaveCount(2);
});

onCalm('a problem’s place is shown in the text', async (page) => {
  await openText(page);
  await jsonBox(page).fill(JSON.stringify(THREE_FAULTS, null, 2));
  await button(page, 'Apply').click();
  const selected = () => jsonBox(page).evaluate((box) => box.value.slice(box.selectionStart, box.selectionEnd));
  const places = { 'baseline.error_rate': '2', 'stages[1].traffic_pct': '5', rollback_ticks: '-1' };
  for (const [path, value] of Object.entries(places)) {
    await problemItems(page).filter({ hasText: path }).getByRole('button').click();
    assert.equal(await selected(), value);
  }
});

onCalm('a place counts characters, and what is not listed is counted', async (page) => {
  const selected = () => jsonBox(page).evaluate((box) => box.value.slice(box.selectionStart, box.selectionEnd));
  await openText(page);
  await jsonBox(page).fill('{"name": "😀é", "fly": 1, "stages": [{"traffic_pct": 5}], "tick_seconds": "60 s"}');
  await button(page, 'Apply').click();
  for (const [message, place, value] of [
    ['unknown field', 'column 16', '"fly"'],
    ['invalid type', 'column 74', '"60 s"'],
  ]) {
    const leads = problemItems(page).filter({ hasText: message }).getByRole('button');
    await expect(leads).toHaveText(new RegExp(`${place}$`));
    await leads.click();
    assert.equal(await selected(), value);
  }
  const many = Array.from({ length: 500 }, (_, i) => `"a${i}": 1`).join(', ');
  await openText(page);
  await jsonBox(page).fill(`{"stages": [{"traffic_pct": 5}], ${many}}`);
  await button(page, 'Apply').click();
  await expect(problemItems(page)).toHaveCount(20);
  await problemBox(page).getByText('and 480 more').waitFor();
  await closeEditor(page);
  await expect(notice(page)).toContainText('; and 499 more problems.');
});

/** Texts that are no configuration: each is told with the engine's message. */
const NO_CONFIGURATION = [
  '',
  '{',
  '[]',
  'null',
  '{"stages": 5}',
  '{"stages": [], "colour": "red"}',
  '{"stages": [{"traffic_pct": 1e999}]}',
  '['.repeat(10_000),
];

onCalm('what is no configuration is told, and the page lives on', async (page) => {
  const plain = (message) => message.replace(/\s+/g, ' ').trim();
  for (const wrong of NO_CONFIGURATION) {
    const { problems } = validate(wrong);
    assert.notEqual(problems.length, 0);
    await openText(page);
    await jsonBox(page).fill(wrong);
    await button(page, 'Apply').click();
    const listed = await problemTexts(page).allInnerTexts();
    const told = problems.map(({ path, message }) => plain(path ? `${path}: ${message}` : message));
    assert.deepEqual(listed.map(plain), told);
    const { line, column } = problems[0];
    if (line !== null) {
      await expect(problemPlaces(page).first()).toHaveText(`Line ${line}, column ${column}`);
    }
    await closeEditor(page);
    await expect(notice(page)).toContainText('The last valid configuration is drawn.');
    await expect(states(page)).toHaveAttribute('data-present', 'COMPLETED');
  }
  await openText(page);
  await jsonBox(page).fill(JSON.stringify(BAD));
  await button(page, 'Apply').click();
  await expect(problemList(page)).toHaveCount(0);
  await expect(states(page)).toHaveAttribute('data-present', 'ROLLED_BACK');
});

onCalm('markup in a name is text everywhere', async (page) => {
  const name = '<img src=x onerror=alert(1)>';
  const stages = CALM.stages.map((stage) => ({ ...stage, name }));
  page.on('dialog', () => assert.fail('a script of the configuration ran'));
  await show(page, { ...CALM, name, stages });
  assert.equal(
    await page.locator('canary-rollout').evaluate((element) => element.shadowRoot.querySelectorAll('img').length),
    0,
  );
  await expect(kicker(page)).toHaveText(/<img src=x/);
  await expect(stageNames(page).first()).toHaveText(/<img src=x/);
  await show(page, { ...CALM, [name]: 1, stages: [{ ...stages[0], pause: name }] });
  assert.equal(
    await page.locator('canary-rollout').evaluate((element) => element.shadowRoot.querySelectorAll('img').length),
    0,
  );
});

/** Attributes that are wrong, and where the page says so. */
const WRONG_ATTRIBUTES = [
  [`config='{"stages": 5}'`, '.notice'],
  [`config='{'`, '.notice'],
  [`seed='abc'`, '#seed-fault'],
  [`preset='none such'`, '[part=host-faults]'],
];

for (const [attribute, place] of WRONG_ATTRIBUTES) {
  test(`with ${attribute} there is a rollout, and a word about what is wrong`, async ({ open }) => {
    const page = await open({
      html: `<!doctype html><html lang="en"><title>A course</title>
      <script src="dist/canary-rollout.js" defer></script><canary-rollout ${attribute}></canary-rollout>`,
    });
    await expect(page.locator(place).first()).not.toHaveText('');
    await expect(states(page)).toHaveAttribute('data-present');
    await button(page, 'New seed').click();
    await expect(headline(page)).not.toHaveText('');
  });
}

test('two elements on a page are two rollouts', async ({ open }) => {
  const page = await open({
    html: `<!doctype html><html lang="en"><title>A course</title>
    <script src="dist/canary-rollout.js" defer></script>
    <canary-rollout seed="1"></canary-rollout><canary-rollout seed="2"></canary-rollout>`,
  });
  const [one, two] = await page.locator('canary-rollout').all();
  await one.getByRole('button', { name: 'Abort' }).waitFor();
  await one.getByRole('slider', { name: 'Playhead' }).fill('1');
  await expect(where(one)).toHaveText(/^minute 1 of/);
  await expect(where(two)).toHaveText(/^minute (\d+) of \1$/);
});
