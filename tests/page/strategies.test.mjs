// Four strategies on one release: studied when somebody looks, told as the engine tells it.
import assert from 'node:assert/strict';
import { preset, studyOf } from './engine.mjs';
import { expect, expectAccessible, slow, test } from './fixtures.ts';
import { goTo, MEASURE, show, strategies, strategyTable, studied, verdict } from './rollout-page.mjs';

const plain = (text) => text.replace(/\s+/g, ' ').trim();

const NAMES = ['canary', 'blue-green', 'rolling', 'all-at-once'];
const PLANS = NAMES.map((name) => JSON.parse(preset(name)));
const PLANNED = 20;
const HORIZON = 40;
/** Requests a minute of the default world. */
const REQUESTS = 170 * 60;

const cancel = (page) => strategies(page).getByRole('button', { name: 'Cancel' });
const release = (page) => page.getByRole('combobox', { name: 'Release' });
const cards = (page) => strategies(page).getByRole('listitem');
/** What follows from the figures. */
const sentences = (page) => strategies(page).locator('.strategies-verdict');
const runs = async (page) => Number(await strategies(page).getAttribute('data-runs'));
const look = (page) =>
  cards(page)
    .first()
    .evaluate((card) => card.scrollIntoView({ block: 'center' }));

/** Looks until something is found, and ends the study there. */
async function found(page) {
  await look(page);
  await strategies(page).and(page.locator('[aria-busy="false"]')).waitFor();
  await cancel(page).click();
  await expect(strategies(page).getByRole('status')).toHaveText(/^Cancelled: what is shown is partial/);
}

const figure = (x) => (Math.abs(x) >= 100 ? Math.round(x).toLocaleString('en') : Number(x.toPrecision(3)));
const minutes = (n) => `${figure(n)} minute${n === 1 ? '' : 's'}`;
/** In percent to a tenth, but a small risk to a digit. */
const chance = ({ estimate }) => {
  const rarer = Math.min(estimate, 1 - estimate) * 100;
  if (rarer === 0 || rarer >= 0.1) return `${Number((estimate * 100).toFixed(1))} %`;
  const shown = Number(rarer.toPrecision(1));
  return `${Number((estimate < 0.5 ? shown : 100 - shown).toFixed(6))} %`;
};

/** Fails unless the table says what the engine finds of each strategy by itself in a world with a release. */
async function assertShown(page, world) {
  const done = await runs(page);
  const failed = [];
  for (const plan of PLANS) {
    const { report } = studyOf({ ...plan, ...world }, { runs: done, seed: 0, horizon_ticks: HORIZON });
    const { healthy, release } = report;
    const row = strategyTable(page).locator(`[data-strategy="${plan.name}"]`);
    const [, ...cells] = (await row.locator('th, td').allTextContents()).map(plain);
    const card = cards(page).and(page.locator(`[data-strategy="${plan.name}"]`));
    assert.ok(
      plain(await card.innerText()).includes(`${figure(release.excess_errors.mean)} requests fail, on average`),
    );
    failed.push(release.excess_errors.mean);
    const exposed = release.exposed_requests.mean + release.p_completed.estimate * (HORIZON - PLANNED) * REQUESTS;
    const expected = [
      [1, `${figure(release.excess_errors.mean)}half`],
      [2, `${chance(release.p_rollback)} rolled back`],
      [2, `${chance(release.p_completed)} promoted`],
      [4, `done in ${minutes(healthy.duration_ticks.p50)}`],
      [4, `${chance(healthy.p_rollback)} thrown away`],
    ];
    if (release.ticks_to_rollback) {
      const back = release.ticks_to_rollback.mean + (plan.rollback_ticks ?? 0);
      expected.push([3, minutes(back)]);
    } else {
      expected.push([3, 'never']);
    }
    // The page takes the requests that there are from the study, too; here they are those expected.
    const [, shown, part] = /^([\d,]+)\s*([\d.]+) % of all requests/.exec(cells[0]);
    for (const [is, should] of [
      [Number(shown.replaceAll(',', '')), exposed],
      [Number(part), (exposed / REQUESTS / HORIZON) * 100],
    ])
      assert.ok(Math.abs(is / should - 1) < 0.01, `${plan.name}: ${should} in ${cells[0]}`);
    for (const [cell, words] of expected)
      assert.ok(cells[cell].includes(words), `${plan.name}: ${words} in ${cells[cell]}`);
  }
  return failed;
}

/** The figures of the sentence: the canary's first, then those beside it from the least to the most. */
const beside = ([canary, ...others]) =>
  `${figure(canary)} requests fail on average, beside ` +
  others
    .map((failed, i) => [failed, ['blue-green', 'rolling', 'all at once'][i]])
    .sort(([a], [b]) => a - b)
    .map(([failed, name], i) => `${i === 2 ? 'and ' : ''}${figure(failed)} with ${name}${i === 0 ? ',' : ''}`)
    .join(' ');

test('the strategies’ plans are equally long', () => {
  for (const { name, stages } of PLANS)
    assert.equal(
      stages.reduce((ticks, stage) => ticks + stage.duration_ticks, 0),
      PLANNED,
      name,
    );
});

test('nothing is studied before somebody looks; then the case that makes the point of a canary stands first', async ({
  open,
}) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  assert.equal(await runs(page), 0);
  await look(page);
  const bar = strategies(page).getByRole('progressbar');
  await expect(bar).toHaveAttribute('max', '10000');
  await found(page);
  const done = await runs(page);
  assert.ok(done >= 100 && done < 10_000, String(done));
  await expect(strategies(page)).toHaveText(/page is healthy, so a bad one is taken/);
  const failed = await assertShown(page, { canary: { error_ratio: 5 } });
  assert.equal(Math.min(...failed), failed[0]);
  const words = plain(await sentences(page).innerText());
  assert.ok(words.startsWith(`With five times the errors, the canary does the least harm: ${beside(failed)}.`), words);
  assert.match(words, /With twice the errors it is otherwise: [\d.,]+ with the canary, [\d.,]+ with rolling; choose/);
  const unwatched = 0.04 * REQUESTS * HORIZON;
  const [, excess] = /nobody looks, ([\d,]+)/.exec(await strategies(page).textContent());
  assert.ok(Math.abs(Number(excess.replace(',', '')) / unwatched - 1) < 0.01, excess);
});

test('the exception is explained by the figures', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await release(page).selectOption('twice the errors');
  await found(page);
  const failed = await assertShown(page, { canary: { error_ratio: 2 } });
  assert.ok(failed[0] > Math.min(...failed));
  const words = plain(await sentences(page).innerText());
  assert.ok(
    words.startsWith(`With twice the errors, the canary does not do the least harm: ${beside(failed)}.`),
    words,
  );
  const done = await runs(page);
  const [canary, , rolling] = PLANS.map(
    (plan) => studyOf({ ...plan, canary: { error_ratio: 2 } }, { runs: done, seed: 0, horizon_ticks: HORIZON }).report,
  );
  const backOf = ({ release }, plan) => minutes(release.ticks_to_rollback.mean + (plan.rollback_ticks ?? 0));
  assert.ok(
    words.includes(`until all are safe again, ${backOf(rolling, PLANS[2])} with rolling.`) &&
      words.includes(`it takes ${backOf(canary, PLANS[0])} on average`),
    words,
  );
  const byStage = canary.release.rolled_back_by_stage;
  const usual = PLANS[0].stages[byStage.indexOf(Math.max(...byStage))].traffic_pct;
  assert.ok(words.includes(`Most often it is rolled back at ${usual} % of traffic`), words);
  assert.match(words, /With five times the errors it does the least harm: [\d.]+\.$/);
});

test('a release without a ratio of errors is contrasted with none', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await release(page).selectOption('a slow leak');
  await found(page);
  await assertShown(page, { canary: JSON.parse(preset('slow-leak')).canary });
  assert.doesNotMatch(plain(await sentences(page).innerText()), /times the errors/);
});

test('the release and the world are the page’s; its policy and its seed change nothing', async ({ open }) => {
  const page = await open({ path: MEASURE });
  const world = { canary: { error_ratio: 1.25 }, noise: { common: 0.3 } };
  const config = { ...JSON.parse(preset('opening')), ...world };
  await show(page, config);
  assert.equal(
    plain(await release(page).evaluate((select) => select.selectedOptions[0].textContent)),
    'as configured: 1.25 times the errors',
  );
  await found(page);
  await assertShown(page, world);
  const done = await runs(page);
  await show(page, { ...config, rules: [], stages: [{ traffic_pct: 7 }] }, 8);
  assert.equal(await runs(page), done);
  await show(page, { ...config, canary: { error_ratio: 5 } });
  assert.equal(await runs(page), 0);
  await show(page, { ...config, canary: {} });
  await expect(release(page)).toHaveValue('five');
});

test('a strategy is opened on the page, with this release in this world', async ({ open }) => {
  const page = await open({ path: MEASURE });
  const traffic = { requests_per_second: 50 };
  await show(page, { ...JSON.parse(preset('opening')), traffic });
  await release(page).selectOption('five times the errors');
  await found(page);
  const done = await runs(page);
  await strategies(page).getByRole('button', { name: 'Open this rollout: Rolling' }).click();
  const config = await page.locator('canary-rollout').evaluate((element) => element.config);
  assert.deepEqual(config, { ...PLANS[2], traffic, canary: { error_ratio: 5 } });
  await expect(verdict(page)).toBeVisible();
  await goTo(page, 'Measure');
  await expect(release(page)).toHaveText(/as configured: 5 times the errors/);
  await expect(release(page)).toHaveValue('configured');
  assert.equal(await runs(page), done, 'the same release in the same world is known');
});

test('removed, the element leaves no worker behind', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  await look(page);
  await strategies(page).getByRole('progressbar').waitFor();
  await page.locator('canary-rollout').evaluate((element) => element.remove());
  // One that was only starting is told of, and closed, a moment later.
  await expect.poll(() => page.workers().length).toBe(0);
  await expect(page.locator('canary-rollout')).toHaveCount(0);
});

for (const context of [
  { viewport: { width: 1366, height: 900 }, colorScheme: 'light' },
  { viewport: { width: 1366, height: 900 }, colorScheme: 'dark' },
  { viewport: { width: 320, height: 640 }, colorScheme: 'light' },
]) {
  const { viewport, colorScheme } = context;
  test(
    `${viewport.width} px, ${colorScheme}: accessible, a table, and nothing beside the screen`,
    slow,
    async ({ open }) => {
      const page = await open({ path: MEASURE, context });
      await found(page);
      await strategies(page).getByText('All figures of the four').click();
      await expectAccessible(page);
      const table = page.getByRole('table', { name: 'Strategies on one release' });
      await expect(table.getByRole('rowheader')).toHaveCount(NAMES.length);
      await expect(table.getByRole('cell')).toHaveCount(NAMES.length * 5);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), viewport.width);
    },
  );
}
