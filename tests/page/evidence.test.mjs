// Evidence against its limit, and what an error rate can be.
import assert from 'node:assert/strict';
import { new_rollout, reportOf } from './engine.mjs';
import { expect, test } from './fixtures.ts';
import { BAD, CALM, chartLabels, chartOf, chartTitle, chartWords, playhead, show } from './rollout-page.mjs';

const plain = (text) => text.replace(/\s+/g, ' ').trim();

/** Rules with evidence to draw, and what the chart is called. */
const RULES = [
  [{ rule: 'sequential' }, /a stake of 1/],
  [{ rule: 'slow_requests', objective_ms: 150 }, /slow more often/],
  [{ rule: 'group_sequential' }, /Z at a stage’s end/],
];

for (const [rule, title] of RULES) {
  test(`${rule.rule}: its evidence, its limit and its sentence at the playhead`, async ({ open }) => {
    const page = await open();
    const config = { ...BAD, canary: { error_ratio: 3, latency_ratio: 1.2 }, rules: [rule] };
    await show(page, config);
    await expect(chartTitle(page, 'evidence')).toHaveText(title);
    const report = reportOf(config, 7);
    const check = report.stages.flatMap(({ checks }) => checks).findLast(({ sentence }) => sentence);
    assert.equal(plain(await chartWords(page, 'evidence').innerText()), plain(check.sentence));
    const d = await chartOf(page, 'evidence').locator('.past .evidence.line').getAttribute('d');
    assert.ok(d && !d.includes('NaN'), d);
    const rollout = new_rollout(config, 7);
    rollout.tick();
    const [first] = rollout.series().rules;
    await playhead(page).fill('1');
    const labels = plain(await chartLabels(page, 'evidence').textContent());
    const shown = first.observed[0];
    assert.equal(
      /evidence ([\d.]+)/.exec(labels)?.[1],
      Number.isNaN(shown) ? undefined : String(Number(shown.toPrecision(3))),
    );
  });
}

test('without such a rule there is no chart of evidence', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  await expect(chartOf(page, 'evidence')).toBeHidden();
});

test('both arms have the band of their interval', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  for (const arm of ['canary', 'baseline']) {
    const bands = await page
      .locator(`.past .${arm}.interval`)
      .evaluateAll((all) => all.map((one) => one.getAttribute('d')));
    assert.equal(bands.length, CALM.stages.length);
    for (const d of bands) assert.ok(d.length > 20 && !d.includes('NaN'), d);
  }
});
