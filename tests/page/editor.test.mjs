// The scenario's sentences and the editor beside the charts: what leads where, where the
// focus goes, and how a problem is shown.
import assert from 'node:assert/strict';
import { validate } from './engine.mjs';
import { expect, expectAccessible, test } from './fixtures.ts';
import {
  button,
  CALM,
  closeEditor,
  editor,
  fault,
  field,
  notice,
  openEditor,
  scenario,
  show,
} from './rollout-page.mjs';

const focused = (page) =>
  page
    .locator('canary-rollout')
    .first()
    .evaluate(({ shadowRoot }) => shadowRoot.activeElement?.dataset.path);
const configOf = (page) =>
  page
    .locator('canary-rollout')
    .first()
    .evaluate(({ config }) => config);

/** Parts of the opening view's sentences, and the field that each leads to. */
const PIECES = [
  ['Release', 'healthy', 'canary.error_ratio'],
  ['Traffic', '170 requests/s', 'traffic.requests_per_second'],
  ['Traffic', '1 %', 'baseline.error_rate'],
  ['Policy', '1, 5, 25, 50 %', 'stages[0].traffic_pct'],
  ['Policy', 'five minutes', 'stages[0].duration_ticks'],
  ['Policy', 'in any minute', 'rules[0].look'],
  ['Policy', '2 points', 'rules[0].max'],
];

test('what is underlined in a sentence leads to its field, beside the charts', async ({ open }) => {
  const page = await open();
  for (const [about, words, path] of PIECES) {
    const piece = scenario(page, about).getByRole('button', { name: words, exact: true });
    await piece.click();
    await expect(field(page, path)).toBeFocused();
    await expect(piece).toHaveAttribute('aria-expanded', 'true');
    const [form, chart] = await Promise.all([editor(page).boundingBox(), page.locator('.card.time').boundingBox()]);
    assert.ok(form.x >= chart.x + chart.width, about);
    await page.keyboard.press('Escape');
    await expect(editor(page)).toBeHidden();
    await expect(piece, 'the focus is back').toBeFocused();
    await expect(piece).toHaveAttribute('aria-expanded', 'false');
  }
});

test('sentences and charts follow what is typed, and the focus stays in the field', async ({ open }) => {
  const page = await open();
  await scenario(page, 'Release').getByRole('button', { name: 'healthy' }).click();
  await page.keyboard.press('Control+a');
  for (const [key, said] of [
    ['1', 'A healthy release: the new version (canary) fails as often as the old one (baseline).'],
    ['.', 'A healthy release: the new version (canary) fails as often as the old one (baseline).'],
    ['5', '1.5 times the errors, from the start.'],
  ]) {
    await page.keyboard.press(key);
    await expect(scenario(page, 'Release').getByRole('paragraph')).toHaveText(said);
    assert.equal(await focused(page), 'canary.error_ratio');
  }
  assert.equal(await field(page, 'canary.error_ratio').inputValue(), '1.5');
});

test('the title of a sentence opens its editor and closes it', async ({ open }) => {
  const page = await open();
  for (const about of ['Release', 'Traffic', 'Policy']) {
    await openEditor(page, about);
    await expect(editor(page).getByRole('heading').first()).toBeFocused();
    await closeEditor(page);
    await expect(scenario(page, about).getByRole('button', { name: about })).toBeFocused();
  }
});

test('a preset, undone, is said as before', async ({ open }) => {
  const page = await open();
  const said = () => scenario(page, 'Policy').getByRole('paragraph').textContent();
  const before = await said();
  await page.getByRole('combobox', { name: 'Preset' }).selectOption('rolling');
  await expect(scenario(page, 'Policy').getByRole('paragraph')).toContainText(
    /^Ten stages from 10 to 100.%, two minutes each/,
  );
  await button(page, 'Undo').click();
  assert.equal(await said(), before);
});

/** Configurations that are refused, and the field that shows why; `null`: the text does. */
const FAULTS = [
  [{ ...CALM, canary: { error_ratio: -1 } }, 'canary.error_ratio'],
  [{ ...CALM, baseline: { error_rate: 2 } }, 'baseline.error_rate'],
  [{ ...CALM, stages: [{ traffic_pct: 50 }, { traffic_pct: 5 }] }, 'stages[1].traffic_pct'],
  [{ ...CALM, stages: [{ traffic_pct: 50, latency_threshold_ms: -1 }] }, 'stages[0].latency_threshold_ms'],
  [{ ...CALM, rules: [{ rule: 'latency', max: -1 }] }, 'rules[0].max'],
  [{ ...CALM, rules: [{ rule: 'late' }] }, 'rules[0].rule'],
  [{ ...CALM, incidents: { at_tick: 1 } }, 'incidents.duration_ticks'],
  [{ ...CALM, canary: { error_arrival: { late: { start_tick: 0 } } } }, 'canary.error_arrival.late.start_tick'],
  [{ ...CALM, on_inconclusive: { extend: { max_ticks: 0, then: 'pause' } } }, 'on_inconclusive.extend.max_ticks'],
  [{ ...CALM, fly: 1 }, null],
  [{ ...CALM, rules: [{ rule: 'latency', max: 300, alpha: 0.1 }] }, null],
];

test('“Show” leads to the field of a problem, which says what is wrong; or to the text', async ({ open }) => {
  const page = await open();
  for (const [config, path] of FAULTS) {
    const { problems } = validate(config);
    await show(page, config);
    await expect(notice(page)).toContainText(problems[0].message);
    await notice(page).getByRole('button', { name: 'Show' }).click();
    await expect(notice(page), 'nothing stands over what is typed').toBeEmpty();
    if (path) {
      await expect(field(page, path)).toBeFocused();
      await expect(fault(page, path)).toHaveText(problems[0].message);
      await expect(field(page, path)).toHaveAccessibleDescription(
        new RegExp(problems[0].message.slice(0, 9).replace(/[.*+?()[\]\\]/g, '.')),
      );
    } else {
      const box = page.getByRole('textbox', { name: 'Configuration as JSON' });
      await expect(box).toBeFocused();
      const selected = await box.evaluate((one) => one.value.slice(one.selectionStart, one.selectionEnd));
      assert.match(selected, /"fly"|"alpha"|0\.1|1/);
    }
    await closeEditor(page);
    await expect(notice(page)).toContainText(problems[0].message);
  }
});

test('a notice names rules as the form numbers them', async ({ open }) => {
  const page = await open();
  await show(page, {
    ...CALM,
    error_rate_threshold: 0.02,
    rules: [{ rule: 'error_rate_ratio', max: 2, window: 'tick' }],
    baseline: { error_rate: 0.0001 },
  });
  await openEditor(page, 'Policy');
  const notes = editor(page).getByRole('list');
  await expect(notes).toContainText('Note, rule 1, error rate divided by the baseline’s: ');
  await expect(notes).toContainText('Note, limit on error rate: ');
  await expect(notes).not.toContainText('rules[');
});

test('a seed that is none is refused under its field, moves nothing, and can be corrected', async ({ open }) => {
  const page = await open();
  const seed = page.getByRole('textbox', { name: 'Seed' });
  const place = () => scenario(page, 'Policy').boundingBox();
  const before = await place();
  await seed.fill('hello');
  await seed.press('Enter');
  await expect(seed).toHaveAttribute('aria-invalid', 'true');
  await expect(seed).toHaveAccessibleDescription(/expected a whole number/);
  assert.equal(await seed.inputValue(), 'hello');
  assert.deepEqual(await place(), before);
  await seed.fill('12');
  await seed.press('Enter');
  await expect(seed).not.toHaveAttribute('aria-invalid', 'true');
  assert.equal(await page.locator('canary-rollout').evaluate((element) => element.seed), 12);
});

test('a new seed is short', async ({ open }) => {
  const page = await open();
  const seen = new Set();
  for (let i = 0; i < 5; i += 1) {
    await button(page, 'New seed').click();
    seen.add(await page.getByRole('textbox', { name: 'Seed' }).inputValue());
  }
  assert.ok(seen.size > 1);
  for (const seed of seen) assert.match(seed, /^\d{1,4}$/);
});

test('fields are explained on demand, each kind once', async ({ open }) => {
  const page = await open();
  await openEditor(page, 'Policy');
  const hints = editor(page).locator('.hint');
  await expect(hints).toHaveCount(0);
  await button(page, 'Explain').click();
  await expect(hints.filter({ hasText: 'When the rule measures and judges' })).toHaveCount(1);
  await expect(field(page, 'rules[0].look')).toHaveAccessibleDescription(/When the rule measures and judges/);
  // Where they do not stand, they are still there for who cannot see them, and under the pointer.
  await expect(field(page, 'rules[1].look')).toHaveAccessibleDescription(/When the rule measures and judges/);
  await button(page, 'Explain').click();
  await expect(hints).toHaveCount(0);
});

test('what had the focus and is removed hands it on', async ({ open }) => {
  const page = await open();
  await openEditor(page, 'Policy');
  await button(page, 'Remove rule 2').focus();
  await page.keyboard.press('Enter');
  await expect(button(page, 'Remove rule 2')).toHaveCount(0);
  await expect(editor(page).getByRole('heading').first()).toBeFocused();
  assert.equal((await configOf(page)).rules.length, 1);
});

for (const colorScheme of ['light', 'dark']) {
  test(`every editor is accessible, ${colorScheme}`, async ({ open }) => {
    const page = await open({ context: { colorScheme } });
    for (const about of ['Release', 'Traffic', 'Policy']) {
      await openEditor(page, about);
      await button(page, 'Explain').click();
      await expectAccessible(page);
      await button(page, 'Explain').click();
    }
    await field(page, 'stages[1].traffic_pct').fill('0.5');
    await expectAccessible(page);
    await button(page, 'As text').click();
    await expectAccessible(page);
  });
}

test('at 320 px fields stand under one another, and nothing scrolls sideways', async ({ open }) => {
  const page = await open({ context: { viewport: { width: 320, height: 640 } } });
  for (const about of ['Release', 'Traffic', 'Policy']) {
    await openEditor(page, about);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  }
  await button(page, 'As text').click();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  const [form, chart] = await Promise.all([editor(page).boundingBox(), page.locator('.card.time').boundingBox()]);
  assert.ok(form.y + form.height <= chart.y, 'the editor stands before the charts');
});

test('the limits of single stages stay open while the last is emptied', async ({ open }) => {
  const page = await open();
  await show(page, { ...CALM, stages: [{ traffic_pct: 5, error_rate_threshold: 0.03 }] });
  await openEditor(page, 'Policy');
  await field(page, 'stages[0].error_rate_threshold').fill('');
  assert.deepEqual(await configOf(page), { ...CALM, stages: [{ traffic_pct: 5 }] });
  await expect(field(page, 'stages[0].error_rate_threshold')).toBeFocused();
  await expect(field(page, 'stages[0].error_rate_threshold')).toBeVisible();
});
