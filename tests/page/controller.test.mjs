// Policies that a controller decides, on the page: in the controller's own words.
import assert from 'node:assert/strict';
import { new_rollout } from './engine.mjs';
import { expect, expectAccessible, takePicture, test } from './fixtures.ts';
import {
  button,
  chartLabels,
  comparison,
  decisionItems,
  editor,
  fault,
  field,
  goTo,
  json,
  log,
  openEditor,
  playhead,
  scenario,
  show,
  stageRows,
  studied,
} from './rollout-page.mjs';

/** A Rollout whose analysis has no patience, on a release that fails ten times as often. */
const ARGO = {
  tick_seconds: 10,
  traffic: { requests_per_second: 100 },
  baseline: { error_rate: 0.005 },
  canary: { error_ratio: 10 },
  controller: {
    argo: {
      replicas: 5,
      ready_seconds: 10,
      traffic_routing: {},
      steps: [
        { set_weight: 20 },
        { pause: { duration_seconds: 120 } },
        { set_weight: 40 },
        { pause: { duration_seconds: 120 } },
      ],
      background: {
        metrics: [
          {
            name: 'success-rate',
            measures: 'success_rate',
            window_seconds: 60,
            success_condition: 'result[0] >= 0.99',
            interval_seconds: 30,
            failure_limit: 0,
          },
        ],
      },
    },
  },
};
const HEALTHY = { ...ARGO, canary: {} };

const reportOf = (config, seed = 7) => {
  const rollout = new_rollout(config, seed);
  rollout.run();
  return rollout.report();
};
const spoken = (text) => text.replaceAll(/\s+/g, ' ');

test('the report has the checks as rules, the phases and the ladder', () => {
  const report = reportOf(ARGO);
  assert.equal(report.controller.name, 'Argo Rollouts');
  assert.ok(report.controller.phases.includes(report.controller.phase), report.controller.phase);
  assert.ok(report.controller.most_ticks >= report.controller.planned_ticks);
  assert.deepEqual(
    report.rules.map(({ rule, name, measures }) => [rule, name, measures]),
    [['metric', 'success-rate', 'success_rate']],
  );
  assert.equal(report.config.rules, undefined);
  assert.equal(report.config.stages, undefined);
  const staged = reportOf({ stages: [{ traffic_pct: 5 }] });
  assert.ok(!('controller' in staged) && !('rules' in staged));
});

test('sentence, ladder, phases and log speak as the controller does', async ({ open }) => {
  const page = await open();
  await show(page, ARGO);
  const report = reportOf(ARGO);
  await expect(scenario(page, 'Policy')).toContainText(
    /Argo Rollouts: 20, 40\s%, about 2\smin each; success-rate every 30\ss, failureLimit 0\./,
  );
  await expect(stageRows(page)).toHaveCount(report.stages.length);
  await expect(stageRows(page).first()).toContainText(/success-rate failed/);
  await expect(page.locator('.phase')).toHaveText(report.controller.phases);
  await expect(page.locator('.phase[aria-current]')).toHaveText(report.controller.phase);
  await expect(decisionItems(page)).toHaveCount(report.decisions.length);
  const said = spoken(await log(page).innerText());
  for (const { sentence } of report.decisions) assert.ok(said.includes(spoken(sentence)), sentence);
  assert.ok(!said.includes('undefined'), said);
  await expect(chartLabels(page, 'errors')).toContainText(/limit: 1\s%/);
  // There is no handle: the limit stands in the controller's own words.
  await expect(page.locator('.limit-grip')).toBeHidden();
  await playhead(page).press('Home');
  await expect(page.locator('.phase[aria-current]')).toHaveCount(1);
});

test('a metric decided, not the events that follow', async ({ open }) => {
  const page = await open({ path: 'index.html#v=1&preset=argo-rollouts&seed=3' });
  await expect(page.locator('.verdict-now .headline')).toContainText('Rolled back');
  await expect(page.locator('.verdict-now .kicker')).toContainText('decided by a rule');
});

test('its numbers are fields, with the names of its own', async ({ open }) => {
  const page = await open();
  await show(page, ARGO);
  await openEditor(page, 'Policy');
  const limit = 'controller.argo.background.metrics[0].failure_limit';
  await expect(field(page, limit)).toHaveAccessibleName('failureLimit');
  await field(page, limit).fill('3');
  await expect(scenario(page, 'Policy')).toContainText('failureLimit 3');
  assert.equal((await json(page)).controller.argo.background.metrics[0].failure_limit, 3);
  await field(page, limit).fill('0.5');
  await expect(fault(page, limit)).toContainText('whole number');
  await field(page, limit).fill('1');
  await field(page, 'controller.argo.steps[0].set_weight').fill('10');
  await expect(scenario(page, 'Policy')).toContainText(/10, 40\s%/);
  // A piece of the sentence leads to its field.
  await button(page, 'Close the editor').click();
  await scenario(page, 'Policy').getByRole('button', { name: '30 s', exact: true }).click();
  await expect(field(page, 'controller.argo.background.metrics[0].interval_seconds')).toBeFocused();
});

test('its text is edited, as JSON or as YAML', async ({ open }) => {
  const page = await open();
  await show(page, ARGO);
  await openEditor(page, 'Policy');
  await editor(page).getByText('The controller as text').click();
  const text = editor(page).getByRole('textbox', { name: 'The controller as JSON or YAML' });
  assert.deepEqual(JSON.parse(await text.inputValue()), ARGO.controller);
  await text.fill(
    'argo:\n  traffic_routing: {}\n  steps:\n    - set_weight: 30\n    - pause: {duration_seconds: 60}\n',
  );
  await button(editor(page), 'Apply').click();
  await expect(scenario(page, 'Policy')).toContainText(/Argo Rollouts: 30\s%, .*; no metric judges it/);
  await text.fill('argo:\n  setps: []\n');
  await button(editor(page), 'Apply').click();
  await expect(editor(page).locator('.more .fault')).toContainText('setps');
});

test('the same steps with evidence take its place, and it comes back', async ({ open }) => {
  const page = await open();
  await show(page, ARGO);
  await button(page, 'Let the evidence decide').click();
  const { controller, stages, rules } = await json(page);
  assert.equal(controller, undefined);
  assert.deepEqual(
    stages.map(({ traffic_pct }) => traffic_pct),
    [20, 40],
  );
  assert.deepEqual(rules, [{ rule: 'sequential', alpha: 0.05 }]);
  await button(page, 'As it was').click();
  assert.deepEqual((await json(page)).controller, ARGO.controller);
  await button(page, 'Look once a stage').click();
  assert.deepEqual((await json(page)).rules, [{ rule: 'error_rate', max: 0.01 }]);
});

test('it is measured beside the staged policy with the same steps', async ({ open }) => {
  const page = await open();
  await show(page, HEALTHY);
  await goTo(page, 'Measure');
  await studied(page);
  await expect(comparison(page).locator('.difference')).toContainText('B, let the evidence decide');
  await takePicture(page, 'controller-measure');
});

test('a link has it, and opens it again', async ({ open }) => {
  const page = await open();
  await show(page, ARGO);
  const link = await page
    .locator('canary-rollout')
    .first()
    .evaluate((element) => element.link);
  const other = await open({ path: `index.html#${link}` });
  assert.deepEqual(await json(other), ARGO);
});

test('commands are the controller’s, and what they did is in its log', async ({ open }) => {
  const page = await open();
  await show(page, HEALTHY);
  await playhead(page).press('Home');
  for (let i = 0; i < 5; i += 1) await button(page, 'Step').click();
  await button(page, 'Abort').click();
  await button(page, 'To the end').click({ force: true });
  await expect(page.locator('.phase[aria-current]')).toHaveText(/Degraded|Aborted/);
});

for (const [width, colorScheme] of [
  [1280, 'light'],
  [320, 'dark'],
]) {
  test(`with its editor it is accessible at ${width} px, ${colorScheme}`, async ({ open }) => {
    const page = await open({ context: { viewport: { width, height: 800 }, colorScheme } });
    await show(page, ARGO);
    await expectAccessible(page);
    await takePicture(page, `controller-${width}-${colorScheme}`);
    await openEditor(page, 'Policy');
    await editor(page).getByText('The controller as text').click();
    await expectAccessible(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await takePicture(page, `controller-editor-${width}-${colorScheme}`);
  });
}
