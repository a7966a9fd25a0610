// The place Yours: files of controllers beside what is understood of them.
import assert from 'node:assert/strict';
import { expect, expectAccessible, takePicture, test } from './fixtures.ts';
import {
  binding,
  button,
  comparison,
  copyAs,
  goTo,
  json,
  scenario,
  show,
  sourceFile,
  sourceLine,
  studied,
  toKnow,
  understood,
  unreadable,
} from './rollout-page.mjs';

const YOURS = { path: 'index.html#place=yours' };

/** A Rollout of ours, and the template that it names. */
const ROLLOUT = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: cart}
spec:
  replicas: 10
  strategy:
    canary:
      analysis:
        templates:
          - templateName: errors
      steps:
        - setWeight: 10
        - pause: {duration: 2m}
        - setWeight: 50
        - pause: {duration: 2m}
`;
const TEMPLATE = `apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  metrics:
    - name: error-rate
      interval: 60s
      failureLimit: 2
      successCondition: result[0] <= 0.05
      provider:
        prometheus:
          query: |
            sum(rate(http_requests_total{version="canary", code=~"5.."}[2m]))
            / sum(rate(http_requests_total{version="canary"}[2m]))
`;
const DEPLOYMENT = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\n';

const file = (name, text) => ({ name, mimeType: 'text/yaml', buffer: Buffer.from(text) });
const picker = (page) => page.getByLabel('Files of a controller');
const open_ = (page, ...files) => picker(page).setInputFiles(files);
const tryOne = (page, name) => button(page, `Try ${name}`).click();
const policyOf = async (page) => (await json(page)).controller;

test('an example stands beside what is understood of each line, and becomes the policy', async ({ open }) => {
  const page = await open(YOURS);
  const before = await json(page);
  await tryOne(page, 'an Argo Rollout');
  await expect(sourceLine(page, 'rollout.yaml', 'setWeight: 20')).toContainText('read');
  await expect(sourceLine(page, 'analysis.yaml', 'query: |')).toContainText('guessed');
  await expect(sourceLine(page, 'rollout.yaml', 'image:')).not.toContainText('read');
  await expect(understood(page)).toContainText('checkout');
  assert.deepEqual(await json(page), before, 'nothing is taken over yet');
  await button(understood(page), 'Use it').click();
  assert.equal((await policyOf(page)).argo.steps.length, 6);
  await expect(scenario(page, 'Policy')).toContainText(
    /Argo Rollouts: 20, 40, 60\s%, .*success-rate every 30\ss, failureLimit 0/,
  );
  await studied(page);
  await expect(page.locator('.yours-effect [data-figure=false_rollback]')).toContainText(
    'healthy releases are thrown away',
  );
  await expect(page).toHaveURL(/place=yours/);
  await button(page, 'Undo').click();
  assert.deepEqual(await json(page), before);
});

test('a guess is corrected where it is shown, and the files are read anew', async ({ open }) => {
  const page = await open(YOURS);
  await tryOne(page, 'an Argo Rollout');
  await sourceLine(page, 'analysis.yaml', 'query: |')
    .getByRole('button', { name: /^Change/ })
    .click();
  await expect(binding(page, 'success-rate')).toBeFocused();
  await expect(binding(page, 'success-rate')).toHaveAccessibleDescription(/guessed/);
  const [now, ...others] = await binding(page, 'success-rate').locator('option').allInnerTexts();
  assert.match(now, /success rate/);
  const other = others.find((text) => /^error rate/.test(text));
  await binding(page, 'success-rate').selectOption({ label: other });
  await expect(binding(page, 'success-rate')).not.toHaveAccessibleDescription(/guessed/);
  await button(understood(page), 'Use it').click();
  assert.equal((await policyOf(page)).argo.background.metrics[0].measures, 'error_rate');
});

test('files are opened, dropped and pasted, several at once', async ({ open }) => {
  const page = await open(YOURS);
  await open_(page, file('rollout.yaml', ROLLOUT), file('template.yaml', TEMPLATE));
  await expect(understood(page)).toContainText('cart');
  await expect(sourceFile(page, 'template.yaml')).toBeVisible();
  await button(understood(page), 'Use it').click();
  const metric = (await policyOf(page)).argo.background.metrics[0];
  assert.deepEqual([metric.name, metric.measures, metric.failure_limit], ['error-rate', 'error_rate', 2]);

  await page.locator('.yours').evaluate((target, text) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], 'dropped.yaml'));
    target.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }, `${ROLLOUT}---\n${TEMPLATE}`);
  await expect(sourceFile(page, 'dropped.yaml')).toBeVisible();
  await expect(understood(page)).toContainText('cart');

  await page.getByText('Paste a file').click();
  await page.getByRole('textbox', { name: 'A file’s text' }).fill(`${TEMPLATE}---\n${ROLLOUT}`);
  await button(page, 'Read it').click();
  await expect(sourceFile(page, 'pasted.yaml')).toBeVisible();
  await expect(understood(page)).toContainText('cart');
});

test('what cannot be read says why, at its line, and the policy stays', async ({ open }) => {
  const page = await open(YOURS);
  const before = await json(page);
  await open_(page, file('deployment.yaml', DEPLOYMENT));
  await expect(unreadable(page)).toContainText('Deployment');
  await expect(sourceFile(page, 'deployment.yaml')).toBeVisible();
  await expect(understood(page)).toHaveCount(0);
  await open_(page, file('rollout.yaml', ROLLOUT));
  // Without the template that it names it is read, and that is said.
  await expect(toKnow(page)).toContainText('errors');
  await open_(page, { name: 'wide.yaml', mimeType: 'text/yaml', buffer: Buffer.from(`\ufeff${ROLLOUT}`, 'utf16le') });
  await expect(page.getByText(/wide\.yaml was not opened: .*UTF-16/)).toBeVisible();
  await open_(page, { name: 'large.yaml', mimeType: 'text/yaml', buffer: Buffer.alloc(5e6, 32) });
  await expect(page.getByText(/large\.yaml was not opened: it has 5\.0 MB, .* at most/)).toBeVisible();
  assert.deepEqual(await json(page), before);
});

test('a fault leads to its line', async ({ open }) => {
  const page = await open(YOURS);
  await open_(page, file('broken.yaml', `${ROLLOUT}        - pause: {duration: soon}\n---\n${TEMPLATE}`));
  const place = unreadable(page).getByRole('button').first();
  await expect(place).toHaveText('line 16');
  await place.click();
  await expect(sourceLine(page, 'broken.yaml', 'soon')).toBeInViewport();
  await expect(sourceLine(page, 'broken.yaml', 'soon')).toContainText('fault');
});

test('the same steps with another rule are compared in Measure', async ({ open }) => {
  const page = await open(YOURS);
  await tryOne(page, 'an Argo Rollout');
  await button(understood(page), 'The same steps with another rule').click();
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Measure');
  await studied(page);
  assert.equal((await policyOf(page)).argo.steps.length, 6);
  await expect(comparison(page).locator('.difference')).toContainText('let the evidence decide');
});

test('the policy is copied as a controller’s file; what has no words there is refused by name', async ({ open }) => {
  const page = await open(YOURS);
  await show(page, {
    stages: [
      { traffic_pct: 10, duration_ticks: 5 },
      { traffic_pct: 50, duration_ticks: 5 },
    ],
    rules: [{ rule: 'error_rate', max: 0.02, look: 'every_tick' }],
  });
  await button(copyAs(page), 'Copy for Argo Rollouts').click();
  const text = copyAs(page).getByRole('textbox');
  await expect(text).toHaveValue(/kind: Rollout[\s\S]*kind: AnalysisTemplate/);
  // What was copied is read as the same policy.
  await page.getByText('Paste a file').click();
  await page.getByRole('textbox', { name: 'A file’s text' }).fill(await text.inputValue());
  await button(page, 'Read it').click();
  await expect(sourceLine(page, 'pasted.yaml', 'setWeight: 10')).toContainText('read');
  await show(page, {
    stages: [{ traffic_pct: 10, duration_ticks: 5 }],
    rules: [{ rule: 'mann_whitney', alpha: 0.01 }],
  });
  await button(copyAs(page), 'Copy for Argo Rollouts').click();
  await expect(copyAs(page).getByRole('status')).toContainText('mann_whitney');
  await expect(text).toHaveCount(0);
});

test('each example is understood, and runs', async ({ open }) => {
  const page = await open(YOURS);
  const files = page.getByRole('group', { name: 'A controller’s file', exact: true });
  const names = await files.getByRole('button', { name: /^Try an? / }).allInnerTexts();
  assert.ok(names.includes('Try an Argo Rollout'), names.join());
  for (const name of names) {
    await button(page, name).click();
    await button(understood(page), 'Use it').click();
    assert.ok(await policyOf(page), name);
    await goTo(page, 'Watch');
    await expect(page.getByRole('heading', { level: 2 }).first()).toContainText(/release/);
    await goTo(page, 'Yours');
    // What is understood stays, whatever place was shown.
    await expect(understood(page)).toBeVisible();
  }
});

for (const [width, colorScheme] of [
  [1280, 'light'],
  [320, 'dark'],
]) {
  test(`it is accessible at ${width} px, ${colorScheme}`, async ({ open }) => {
    const page = await open({ ...YOURS, context: { viewport: { width, height: 800 }, colorScheme } });
    await expect(page.getByText('Nothing leaves this browser')).toBeVisible();
    await expectAccessible(page);
    await tryOne(page, 'an Argo Rollout');
    await button(understood(page), 'Use it').click();
    await studied(page);
    await button(copyAs(page), 'Copy for Argo Rollouts').click();
    await expectAccessible(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await takePicture(page, `yours-${width}-${colorScheme}`);
    await open_(page, file('deployment.yaml', DEPLOYMENT));
    await expectAccessible(page);
  });
}

test('files are opened, read and used by the keyboard alone', async ({ open }) => {
  const page = await open(YOURS);
  await button(page, 'Try an Argo Rollout').focus();
  await page.keyboard.press('Enter');
  await button(understood(page), 'Use it').focus();
  await page.keyboard.press('Enter');
  assert.ok((await policyOf(page)).argo);
  // The lines scroll by keys.
  const lines = sourceFile(page, 'rollout.yaml').getByRole('group', { name: 'Lines of rollout.yaml' });
  await lines.focus();
  // The lines may still be drawn when the first press comes.
  await expect(async () => {
    await page.keyboard.press('End');
    await expect(sourceLine(page, 'rollout.yaml', 'setWeight: 60')).toBeInViewport({ timeout: 1000 });
  }).toPass();
  await expect(toKnow(page)).toBeVisible();
});
