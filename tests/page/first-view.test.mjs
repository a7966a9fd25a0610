// The first view, figure by figure: each is the report's or the study's, and there is no other.
import assert from 'node:assert/strict';
import { between } from '../../www/src/base/chance.ts';
import { new_rollout, preset, reportOf, studyOf } from './engine.mjs';
import { test } from './fixtures.ts';
import { chartLabels, stageRows, studied } from './rollout-page.mjs';

const plain = (text) => text.replace(/\s+/g, ' ').trim();
const three = (x) => Number(x.toPrecision(3));
const percent = (rate) => `${three(rate * 100)} %`;
const count = (n) => n.toLocaleString('en');
const SEED = 192;

/** What the view says, by where it says it, from the engine alone. */
function expected() {
  const config = preset('opening');
  const report = reportOf(config, SEED);
  const rollout = new_rollout(config, SEED);
  rollout.run();
  const series = rollout.series();
  const study = studyOf(config, { runs: 2000, seed: 100, set: [{ field: 'canary.error_ratio', value: 1.5 }] });
  const { healthy } = study.report;
  const last = series.stage.length - 1;
  const rate = (arm) => series[`${arm}_errors`][last] / series[`${arm}_requests`][last];
  const [baseline, canary] = [rate('baseline'), rate('canary')];
  const { tick, observed, limit } = report.decisions.at(-1);
  const share = report.config.stages[0].traffic_pct;
  const wall = [...study.healthy.end.slice(0, 100)].filter((one) => one === 1).length;
  const often = Math.round(1 / healthy.p_false_rollback.estimate);

  // The sentence of the reason, from its parts: the report's is not taken for granted.
  const reason =
    `Error rate: ${series.canary_errors[last]} of ${series.canary_requests[last]} canary requests failed, ${percent(canary)}, ` +
    `${three((canary - baseline) * 100)} points above the baseline’s ${percent(baseline)}; the limit is ${three(limit * 100)} points.`;
  assert.ok(Math.abs(observed - (canary - baseline)) < 1e-12);
  assert.equal(plain(report.rollback_reason), reason);
  const stage = report.stages[0].metrics;
  const counts = (arm) =>
    `${count(stage[arm].errors)} of ${count(stage[arm].requests)}, ${percent(stage[arm].error_rate)}`;
  return {
    report,
    said: {
      '.surprise:not(.room)': `This release was fine. The policy threw it away, as it does 1 in ${often}.`,
      '.verdict-now .kicker': `opening, seed ${SEED}, decided by a ${report.decisions.at(-1).by}`,
      '.verdict-now .headline': `Rolled back at minute ${tick}, at ${share} % of traffic`,
      '.verdict-now .reason': reason,
      '.where': `minute ${report.metrics.ticks} of ${report.metrics.ticks}`,
      '.wall-card .wall-words':
        `${wall} of 100 thrown away here; about ${Math.round(healthy.p_rollback.estimate * 100)} of 100 in the long run ` +
        `(between ${plain(between(healthy.p_rollback)).replace(' %', '').replace(' to ', ' and ')}, from ${count(study.report.runs)} rollouts).`,
    },
    // The scenario: the preset's own numbers.
    scenario: '1, 5, 25, 50 %; 170 requests; 1 %; 2 points; 1 point from 25 %; 100 releases',
    // At the lines; of traffic, what came of it: it was rolled back.
    labels: {
      traffic: ['canary 0 %'],
      errors: [
        `canary ${percent(canary)}`,
        `limit: baseline + ${three(limit * 100)} points`,
        `baseline ${percent(baseline)}`,
      ],
      latency: ['baseline', 'canary'].map((arm) => `${arm} p99 ${three(series[`${arm}_p99_ms`][last])} ms`),
    },
    stage: `Failed: canary ${counts('canary')}; baseline ${counts('baseline')}`,
  };
}

test('every figure of the first view is the report’s or the study’s', async ({ open }) => {
  const page = await open({ context: { viewport: { width: 1366, height: 900 } } });
  await studied(page);
  const { said, scenario, labels, stage, report } = expected();
  for (const [where, words] of Object.entries(said)) {
    assert.equal(plain(await page.locator(where).first().innerText()), words, where);
  }
  assert.ok(plain(await stageRows(page).first().innerText()).includes(stage), stage);
  for (const [chart, words] of Object.entries(labels)) {
    assert.deepEqual((await chartLabels(page, chart).locator('text').allTextContents()).map(plain), words);
  }
  // The limit in the field is the rule’s.
  const limit = await page.getByRole('spinbutton', { name: 'Limit', exact: true }).inputValue();
  assert.equal(Number(limit), report.decisions.at(-1).limit * 100);

  // And there is no other figure in the first screen but the axes’ and the stages’; p50 is a name.
  const known = new Set(['p50 p99', scenario, ...Object.values(said), stage].join(' ').match(/\d[\d,.]*\d|\d/g));
  const others = await page.evaluate(() => {
    const { shadowRoot } = document.querySelector('canary-rollout');
    const walker = document.createTreeWalker(shadowRoot, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (
        parent.closest(
          'style, option, [aria-hidden=true], .unseen, .axis, svg, .bands, .stage-names, .key, .rung, .tick, .time-axis',
        ) ||
        !parent.checkVisibility()
      )
        continue;
      const { top, width } = parent.getBoundingClientRect();
      if (width < 2 || top > innerHeight) continue;
      if (/\d/.test(walker.currentNode.textContent)) found.push(walker.currentNode.textContent);
    }
    return found;
  });
  for (const text of others) {
    for (const figure of text.match(/\d[\d,.]*\d|\d/g)) assert.ok(known.has(figure), `${figure} in “${text}”`);
  }
  assert.ok(others.length >= 8, others.join('; '));
});
