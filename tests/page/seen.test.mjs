// What monitoring sees late and in windows: drawn behind the chart of errors, said under it, and
// measured along the delay.
import assert from 'node:assert/strict';
import { preset, reportOf, studyOf } from './engine.mjs';
import { expect, expectAccessible, slow, takePicture, test } from './fixtures.ts';
import {
  chartDrawings,
  chartKey,
  chartOf,
  chartWords,
  curve,
  curveRows,
  goTo,
  playhead,
  show,
  studied,
} from './rollout-page.mjs';

const STAGES = [
  { traffic_pct: 10, duration_ticks: 12 },
  { traffic_pct: 50, duration_ticks: 12 },
];
const rule = { rule: 'error_rate_delta', max: 0.2, look: 'every_tick', window: { last_seconds: 300 } };
const LATE = { observation: { delay_seconds: 300 }, stages: STAGES, rules: [rule] };

/** The bands behind the chart of errors, by kind, each from where to where. */
const bands = (page) =>
  chartOf(page, 'errors')
    .locator('.look rect')
    .evaluateAll((all) =>
      all.map((one) => {
        const [x, width] = ['x', 'width'].map((name) => Number(one.getAttribute(name)));
        return [one.getAttribute('class'), x, x + width];
      }),
    );

/** Where ticks are on the axis, from the bands of the stages, which are as long as those. */
const axis = (page) =>
  chartOf(page, 'errors')
    .locator('.bands rect')
    .evaluateAll((all) => {
      const [x, width] = ['x', 'width'].map((name) => Number(all[0].getAttribute(name)));
      return { start: x, tick: width / 12 };
    });

/** Configurations: the playhead, the ticks that are seen, those that are not yet, and the words. */
const LOOKS = [
  [
    'a delay and a window',
    LATE,
    12,
    [3, 7],
    [8, 12],
    'At minute 12 the rule saw minutes 3 to 7; the last 5 minutes were not to be seen yet.',
  ],
  [
    'nothing seen yet',
    LATE,
    4,
    null,
    [1, 4],
    'At minute 4 the rule saw nothing; the last 4 minutes were not to be seen yet.',
  ],
  [
    'one tick seen',
    LATE,
    6,
    [1, 1],
    [2, 6],
    'At minute 6 the rule saw minute 1; the last 5 minutes were not to be seen yet.',
  ],
  [
    'a window without a delay',
    { ...LATE, observation: {} },
    9,
    [5, 9],
    null,
    'At minute 9 the rule saw minutes 5 to 9.',
  ],
  [
    'a delay with looks at a stage’s end, before the first',
    { ...LATE, rules: [{ ...rule, look: 'stage_end', window: 'stage' }] },
    8,
    null,
    [4, 8],
    'The rule has not looked yet; the last 5 minutes are not to be seen yet.',
  ],
  [
    'and at it',
    { ...LATE, rules: [{ ...rule, look: 'stage_end', window: 'stage' }] },
    14,
    [1, 7],
    [8, 12],
    'At minute 12 the rule saw minutes 1 to 7; the last 5 minutes were not to be seen yet.',
  ],
  [
    'the service from before the rollout',
    { ...LATE, observation: {}, rules: [{ rule: 'burn_rate', of: 'service' }] },
    10,
    [1, 10],
    null,
    'At minute 10 the rule saw minutes 1 to 10 and 50 minutes from before the rollout.',
  ],
];

for (const [what, config, tick, seen, unseen, words] of LOOKS) {
  test(`what a look saw is drawn and said: ${what}`, async ({ open }) => {
    const page = await open();
    await show(page, config);
    await playhead(page).fill(String(tick));
    await expect(chartWords(page, 'errors')).toHaveText(words);
    const { start, tick: width } = await axis(page);
    const from = ([first, last]) => [start + (first - 1) * width, start + last * width];
    const drawn = await bands(page);
    const expected = [seen && ['seen', ...from(seen)], unseen && ['not-seen', ...from(unseen)]].filter(Boolean);
    assert.deepEqual(
      drawn.map(([kind]) => kind),
      expected.map(([kind]) => kind),
    );
    for (const [i, [kind, left, right]] of expected.entries()) {
      assert.ok(Math.abs(drawn[i][1] - left) < 0.1 && Math.abs(drawn[i][2] - right) < 0.1, `${kind}: ${drawn[i]}`);
    }
    // For the ear, too: the drawing is one picture with one name, and the bands a title.
    await expect(chartDrawings(page).first()).toHaveAccessibleName(new RegExp(words.slice(0, 30)));
    assert.equal((await chartOf(page, 'errors').locator('.look title').textContent()).trim(), words);
  });
}

/** Where a look saw all that the chart's line shows, nothing is drawn. */
const ALL_SEEN = {
  'the stage so far': { stages: STAGES, rules: [{ ...rule, window: 'stage' }] },
  'each minute by itself': { stages: STAGES, rules: [{ ...rule, window: 'tick' }] },
  'no rule': { stages: STAGES, observation: { delay_seconds: 300 } },
};

for (const [what, config] of Object.entries(ALL_SEEN)) {
  test(`nothing is drawn where a look saw all: ${what}`, async ({ open }) => {
    const page = await open();
    await show(page, config);
    await expect(chartOf(page, 'errors').locator('.look')).toHaveCount(0);
    await expect(chartWords(page, 'errors')).toHaveCount(0);
    await expect(chartKey(page, 'errors')).not.toContainText('seen');
  });
}

test('the point that decided stands where the look saw last, with the counts that it saw', async ({ open }) => {
  const config = { ...LATE, canary: { error_ratio: 30 } };
  const { decisions } = reportOf(config, 7);
  const decision = decisions.find(({ action }) => action === 'rollback');
  assert.equal(decision.tick - decision.window.last_tick, 5);
  const page = await open();
  await show(page, config);
  const point = chartOf(page, 'errors').locator('.past .failed-point');
  const [, failed, all] = /([\d,]+) of ([\d,]+) canary requests/.exec(decision.sentence);
  await expect(point).toContainText(`rolled back at minute ${decision.tick}:`);
  await expect(point).toContainText(`${failed} of ${all} failed`);
  const { start, tick } = await chartOf(page, 'errors')
    .locator('.bands rect')
    .evaluateAll(
      ([first], ticks) => {
        const [x, width] = ['x', 'width'].map((name) => Number(first.getAttribute(name)));
        return { start: x, tick: width / ticks };
      },
      Math.min(12, decision.tick),
    );
  const x = Number(/translate\(([\d.]+)/.exec(await point.getAttribute('transform'))[1]);
  assert.ok(Math.abs(x - (start + (decision.window.last_tick - 0.5) * tick)) < 0.5, String(x));
});

/** Where the bands must be seen. */
const MEDIA = {
  'a narrow page': { viewport: { width: 320, height: 640 } },
  'a dark page': { colorScheme: 'dark' },
  'a narrow, dark page': { viewport: { width: 320, height: 640 }, colorScheme: 'dark' },
  'forced colours': { forcedColors: 'active' },
};

for (const [where, context] of Object.entries(MEDIA)) {
  test(`bands, key and words are there on ${where}`, async ({ open }) => {
    const page = await open({ context: { ...context, reducedMotion: 'reduce' } });
    await show(page, LATE);
    await playhead(page).fill('12');
    assert.deepEqual(
      (await bands(page)).map(([kind]) => kind),
      ['seen', 'not-seen'],
    );
    const painted = await chartOf(page, 'errors')
      .locator('.look')
      .evaluate((look) => {
        const opaque = (colour) => colour !== 'none' && !/^rgba\(.*, 0\)$/.test(colour);
        const styles = [...look.querySelectorAll('.seen, .not-seen, .hatch')].map((one) => getComputedStyle(one));
        return styles.map(({ fill, stroke }) => opaque(fill) || opaque(stroke));
      });
    assert.deepEqual(painted, [true, true, true]);
    await expect(chartKey(page, 'errors')).toContainText('seen by the last look');
    await expect(chartKey(page, 'errors')).toContainText('not seen yet');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await expectAccessible(page);
    await takePicture(page, `seen-on-${where.replace(/\W+/g, '-')}`);
  });
}

test('whether a rule looks in a pause is said where the rollout is paused', async ({ open }) => {
  const paused = { stages: [{ ...STAGES[0], pause: 'manual' }] };
  const page = await open();
  for (const [looks, words] of [
    [false, 'no rule looks'],
    [true, 'only those rules look that are set to look in a pause'],
  ]) {
    await show(page, { ...paused, rules: [{ ...rule, look_while_paused: looks }] });
    await expect(page.getByText(`While the rollout is paused, traffic stays at its share and ${words}.`)).toBeVisible();
    await expect(
      page.getByText(`traffic stays at this share, and ${words} until you resume or promote.`),
    ).toBeVisible();
  }
});

test('on paper the words and the bands are there', async ({ open }) => {
  const page = await open();
  await show(page, LATE);
  await playhead(page).fill('12');
  await page.emulateMedia({ media: 'print' });
  await expect(chartWords(page, 'errors')).toBeVisible();
  await expect(chartOf(page, 'errors').locator('.look rect')).toHaveCount(2);
});

/** What a study finds along the delay, of the policy on screen. */
const alongDelay = (config, values, options = {}) =>
  studyOf(config, { runs: 2000, seed: 0, sweep: { field: 'observation.delay_seconds', values }, ...options }).report
    .sweep.points;

test(
  'the study along the delay is made when it is asked for, and its figures are the engine’s',
  slow,
  async ({ open }) => {
    const page = await open({ path: 'index.html#v=1&preset=reference&seed=3&place=measure' });
    await studied(page);
    await expect(curve(page)).not.toContainText('Excess errors');
    await page.getByRole('combobox', { name: 'Along' }).selectOption('delay');
    await curve(page).getByText('Seen 5 ticks late, policy A').waitFor();
    await page.waitForFunction(() => location.hash.includes('along=delay'));
    await curve(page).getByText('The curve as a table').click();
    const values = [0, 50, 100, 250, 500, 750];
    await expect(curveRows(page)).toHaveCount(values.length);
    const points = alongDelay(JSON.parse(preset('reference')), values, {
      set: [{ field: 'canary.error_ratio', value: 1.5 }],
    });
    const percent = ({ estimate }) => `${Number((estimate * 100).toFixed(1))} %`;
    for (const [i, { healthy, policies }] of points.entries()) {
      const cells = (await curveRows(page).nth(i).locator('td').allInnerTexts()).map((cell) =>
        cell.replace(/\s/g, ' '),
      );
      assert.equal(cells[0], percent(healthy[0].p_rollback), `false rollback at ${values[i]}`);
      assert.equal(cells[2], percent(policies[0].p_caught), `caught at ${values[i]}`);
      assert.equal(Number(cells[8]), Number(policies[0].excess_errors.mean.toPrecision(3)), `excess at ${values[i]}`);
    }
    const [none, five] = [points[0], points[3]].map(({ policies }) => policies[0].excess_errors.mean.toPrecision(3));
    await expect(curve(page)).toContainText(`policy A has ${five} excess errors instead of ${none}`);
    // Two drawings, each with its figures for the ear.
    const drawings = curve(page).getByRole('img');
    await expect(drawings).toHaveCount(2);
    await expect(drawings.nth(1)).toHaveAccessibleName(new RegExp(`A: this policy: ${none} at no delay`));
    await expectAccessible(page);
    await page.getByRole('combobox', { name: 'Along' }).selectOption('ratio');
    await expect(curve(page)).not.toContainText('Excess errors');
  },
);

test('a delay is shorter than the plan, and the configured one is marked', async ({ open }) => {
  const page = await open({ context: { viewport: { width: 320, height: 640 } } });
  await show(page, { ...LATE, observation: { delay_seconds: 180 }, stages: [{ traffic_pct: 10, duration_ticks: 6 }] });
  await goTo(page, 'Measure');
  await studied(page);
  await page.getByRole('combobox', { name: 'Along' }).selectOption('delay');
  await curve(page).getByText('Seen 5 minutes late').first().waitFor();
  await curve(page).getByText('The curve as a table').click();
  await expect(curveRows(page).locator('th')).toHaveText([
    'no delay',
    '1 minute',
    '2 minutes',
    '3 minutes',
    '5 minutes',
  ]);
  await expect(curve(page).locator('svg .label')).toHaveText(['configured']);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
});

test('a release whose errors are a rate is studied as it is, and the curve by ratios beside it', async ({ open }) => {
  const config = { ...LATE, observation: {}, baseline: { error_rate: 0 }, canary: { error_rate: 0.5 } };
  const page = await open();
  await show(page, config);
  await goTo(page, 'Measure');
  await studied(page);
  const { release } = studyOf(config, { runs: 2000, seed: 0 }).report;
  await expect(page.locator('[data-figure=missed_regression]:visible')).toHaveAttribute(
    'data-estimate',
    String(release.p_completed.estimate),
  );
  await expect(curve(page)).not.toContainText('not known');
});
