// The rollout on the page: drawn to its end, with every figure the engine's.
import assert from 'node:assert/strict';
import { new_rollout, presets, reportOf } from './engine.mjs';
import { expect, test } from './fixtures.ts';
import {
  BAD,
  CALM,
  chartLabels,
  chartOf,
  charts,
  decisionItems,
  headline,
  marker,
  outcome,
  reason,
  show,
  stageRows,
  states,
  verdict,
  where,
} from './rollout-page.mjs';

/** Text as a reader sees it: a space is a space. */
const plain = (text) => text.replace(/\s+/g, ' ').trim();
const percent = (rate) => `${Number((rate * 100).toPrecision(3))} %`;

for (const from of ['file', 'http']) {
  test(`the page opens with a rollout drawn to its end, from ${from}`, async ({ open }) => {
    const page = await open({ from });
    const { seed, preset } = await page.locator('canary-rollout').evaluate((element) => ({
      seed: element.seed,
      preset: element.getAttribute('preset'),
    }));
    const report = reportOf(presets().find(({ name }) => name === preset).json, seed);
    await expect(states(page)).toHaveAttribute('data-present', report.final_state);
    await expect(where(page)).toHaveText(`minute ${report.metrics.ticks} of ${report.metrics.ticks}`);
    await expect(outcome(page)).toHaveAttribute('data-outcome', report.outcome);
    await expect(charts(page).filter({ visible: true })).toHaveCount(3);
    for (const arm of ['canary', 'baseline']) {
      const d = await page.locator(`.past .${arm}.line`).last().getAttribute('d');
      assert.ok(d.length > 20 && !d.includes('NaN'), d);
    }
  });
}

test('the opening view is a healthy release, thrown away', async ({ open }) => {
  const page = await open();
  await expect(outcome(page)).toHaveAttribute('data-outcome', 'false_rollback');
  assert.match(plain(await headline(page).innerText()), /^Rolled back at minute \d+, at 1 % of traffic$/);
});

test('a bad release is rolled back: headline, reason, truth', async ({ open }) => {
  const page = await open();
  await show(page, BAD);
  const report = reportOf(BAD, 7);
  const { tick } = report.decisions.find(({ action }) => action === 'rollback');
  assert.equal(plain(await headline(page).innerText()), `Rolled back at minute ${tick}, at 1 % of traffic`);
  assert.equal(plain(await reason(page).innerText()), plain(report.rollback_reason));
  await expect(outcome(page)).toHaveText(/caught/);
  assert.ok(plain(await verdict(page).innerText()).includes(plain(report.truth.sentence)));
  await expect(states(page)).toHaveAttribute('data-present', 'ROLLED_BACK');
});

test('the stage ladder shows the counts and the checks of the report', async ({ open }) => {
  const page = await open();
  await show(page, BAD);
  const report = reportOf(BAD, 7);
  const rungs = await stageRows(page).all();
  assert.equal(rungs.length, report.stages.length);
  for (const [i, stage] of report.stages.entries()) {
    await expect(rungs[i]).toHaveAttribute('data-verdict', stage.verdict);
    const text = plain(await rungs[i].innerText());
    if (stage.metrics) {
      const { errors, requests, error_rate } = stage.metrics.canary;
      const counts = `canary ${errors.toLocaleString('en')} of ${requests.toLocaleString('en')}, ${percent(error_rate)}`;
      assert.ok(text.includes(counts), `${counts} in ${text}`);
    }
    for (const [k, check] of stage.checks.entries()) {
      const shown = rungs[i].locator('.check').nth(k);
      assert.equal(await shown.getAttribute('data-verdict'), check.verdict ?? 'waiting');
    }
  }
});

test('the labels at the playhead tell the rates of the window', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  const { metrics } = reportOf(CALM, 7).stages[1];
  const labels = plain(await chartLabels(page, 'errors').textContent());
  assert.ok(labels.includes(`baseline ${percent(metrics.baseline.error_rate)}`), labels);
  assert.ok(labels.includes(`canary ${percent(metrics.canary.error_rate)}`), labels);
});

test('every decision is in the log and has a marker with its sentence', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  const { decisions } = reportOf(CALM, 7);
  const entries = await decisionItems(page).all();
  assert.equal(entries.length, decisions.length);
  for (const [i, { tick, sentence }] of decisions.entries()) {
    assert.ok(plain(await entries[i].innerText()).includes(plain(sentence)));
    assert.ok(plain(await marker(page, tick).getAttribute('aria-label')).includes(plain(sentence)));
  }
});

test('the table behind a chart has a row a tick, from the series', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  const rollout = new_rollout(CALM, 7);
  while (rollout.state !== 'COMPLETED') rollout.tick();
  const series = rollout.series();
  await chartOf(page, 'errors').getByText('Figures').click();
  await chartOf(page, 'errors').locator('tbody').waitFor();
  const rows = await chartOf(page, 'errors').locator('tbody tr').allInnerTexts();
  assert.equal(rows.length, series.stage.length);
  for (const [i, row] of rows.entries()) {
    const rate = percent(series.canary_errors[i] / series.canary_requests[i]);
    assert.ok(plain(row).includes(rate), `${rate} in ${row}`);
  }
});

test('the state machine has every edge the engine goes, and no other', async ({ open }) => {
  const page = await open();
  const shown = await page.locator('[data-edge]').evaluateAll((edges) => edges.map((edge) => edge.dataset.edge));
  assert.deepEqual(shown.toSorted(), transitions());
});

/** The changes of state that any calls make, over small rollouts with all that leads to a change. */
function transitions() {
  const calls = ['tick', 'advance', 'pause', 'resume', 'promote', 'abort'];
  const found = new Set();
  const stages = [
    { traffic_pct: 10, duration_ticks: 1 },
    { traffic_pct: 20, duration_ticks: 1 },
  ];
  for (const rollback_ticks of [0, 2]) {
    for (const error_ratio of [1, 50]) {
      const rules = [{ rule: 'error_rate', max: 0.1, look: 'every_tick' }];
      const config = { stages, rules, rollback_ticks, canary: { error_ratio } };
      for (let n = 0; n < calls.length ** 4; n += 1) {
        const rollout = new_rollout(config, 1);
        for (let rest = n, i = 0; i < 4; rest = Math.floor(rest / calls.length), i += 1) {
          const before = rollout.state;
          try {
            rollout[calls[rest % calls.length]]();
          } catch {
            continue;
          }
          if (rollout.state !== before) found.add(`${before}>${rollout.state}`);
        }
        rollout.free();
      }
    }
  }
  return [...found].toSorted();
}
