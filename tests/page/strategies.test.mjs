// Four strategies on one release: studied when somebody looks, told as the engine tells it.
import assert from 'node:assert/strict';
import { preset, studyOf } from './engine.mjs';
import { expect, expectAccessible, slow, test } from './fixtures.ts';
import { json, show, strategies, strategyTable, studied, verdict } from './rollout-page.mjs';

const plain = (text) => text.replace(/\s+/g, ' ').trim();

const NAMES = ['canary', 'blue-green', 'rolling', 'all-at-once'];
const PLANS = NAMES.map((name) => JSON.parse(preset(name)));
const PLANNED = 20;
const HORIZON = 40;
/** Requests a minute of the default world. */
const REQUESTS = 170 * 60;

const cancel = (page) => strategies(page).getByRole('button', { name: 'Cancel' });
const release = (page) => page.getByRole('combobox', { name: 'Release' });
const runs = async (page) => Number(await strategies(page).getAttribute('data-runs'));
const look = (page) => strategyTable(page).evaluate((table) => table.scrollIntoView({ block: 'center' }));

/** Looks until something is found, and ends the study there. */
async function found(page) {
  await look(page);
  await strategies(page).and(page.locator('[aria-busy="false"]')).waitFor();
  await cancel(page).click();
  await strategies(page).getByText('Cancelled: what is shown is partial').waitFor();
}

const figure = (x) => (Math.abs(x) >= 100 ? Math.round(x).toLocaleString('en') : Number(x.toPrecision(3)));
const minutes = (n) => `${figure(n)} minute${n === 1 ? '' : 's'}`;
const chance = ({ estimate }) => `${Number((estimate * 100).toFixed(1))} %`;

/** Fails unless the table says what the engine finds of each strategy by itself in a world with a release. */
async function assertShown(page, world) {
  const done = await runs(page);
  for (const plan of PLANS) {
    const { report } = studyOf({ ...plan, ...world }, { runs: done, seed: 0, horizon_ticks: HORIZON });
    const { healthy, release } = report;
    const row = strategies(page).locator(`[data-strategy="${plan.name}"]`);
    const [sentence, ...cells] = (await row.locator('th, td').allInnerTexts()).map(plain);
    const exposed = release.exposed_requests.mean + release.p_completed.estimate * (HORIZON - PLANNED) * REQUESTS;
    const expected = [
      [1, `${figure(exposed)} ${figure((exposed / REQUESTS / HORIZON) * 100)} % of all requests`],
      [2, `${figure(release.excess_errors.mean)} `],
      [3, `${chance(release.p_rollback)} rolled back`],
      [3, `${chance(release.p_completed)} promoted`],
      [5, `done in ${minutes(healthy.duration_ticks.p50)}`],
      [5, `${chance(healthy.p_rollback)} thrown away`],
    ];
    if (release.ticks_to_rollback) {
      const back = release.ticks_to_rollback.mean + (plan.rollback_ticks ?? 0);
      expected.push([4, minutes(back)]);
      assert.ok(sentence.includes(minutes(back)), `${minutes(back)} in ${sentence}`);
    } else {
      expected.push([4, 'never']);
    }
    for (const [cell, words] of expected)
      assert.ok(cells[cell].includes(words), `${plan.name}: ${words} in ${cells[cell]}`);
  }
}

test('the strategies’ plans are equally long', () => {
  for (const { name, stages } of PLANS)
    assert.equal(
      stages.reduce((ticks, stage) => ticks + stage.duration_ticks, 0),
      PLANNED,
      name,
    );
});

test('nothing is studied before somebody looks, then 10,000 seeds; cancelled, what is found is the engine’s', async ({
  open,
}) => {
  const page = await open();
  await studied(page);
  assert.equal(await runs(page), 0);
  assert.equal(page.workers().length, 1);
  await look(page);
  const bar = strategies(page).getByRole('progressbar');
  await bar.waitFor();
  await expect(bar).toHaveAttribute('max', '10000');
  await found(page);
  assert.equal(page.workers().length, 2);
  const done = await runs(page);
  assert.ok(done >= 100 && done < 10_000, String(done));
  await expect(strategies(page)).toHaveText(/page is healthy, so a bad one is taken/);
  await assertShown(page, { canary: { error_ratio: 2 } });
  const unwatched = 0.01 * REQUESTS * HORIZON;
  const [, excess] = /nobody looks, ([\d,]+)/.exec(await strategies(page).innerText());
  assert.ok(Math.abs(Number(excess.replace(',', '')) / unwatched - 1) < 0.01, excess);
});

for (const [choice, canary] of Object.entries({
  'five times the errors': { error_ratio: 5 },
  'a slow leak': JSON.parse(preset('slow-leak')).canary,
})) {
  test(`another release, another table: ${choice}`, async ({ open }) => {
    const page = await open();
    await release(page).selectOption(choice);
    await found(page);
    await assertShown(page, { canary });
  });
}

test('the release and the world are the page’s; its policy and its seed change nothing', async ({ open }) => {
  const page = await open();
  const world = { canary: { error_ratio: 1.25 }, noise: { common: 0.3 } };
  const config = { ...JSON.parse(preset('opening')), ...world };
  await show(page, config);
  assert.equal(
    await release(page).evaluate((select) => select.selectedOptions[0].textContent),
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
  await expect(release(page)).toHaveValue('twice');
});

test('a strategy is opened on the page, with this release in this world', async ({ open }) => {
  const page = await open();
  const traffic = { requests_per_second: 50 };
  await show(page, { ...JSON.parse(preset('opening')), traffic });
  await release(page).selectOption('five times the errors');
  await found(page);
  const done = await runs(page);
  await strategies(page).getByRole('button', { name: 'Open this rollout: Rolling' }).click();
  assert.deepEqual(await json(page), { ...PLANS[2], traffic, canary: { error_ratio: 5 } });
  await expect(release(page)).toHaveText(/as configured: 5 times the errors/);
  await expect(release(page)).toHaveValue('configured');
  assert.equal(await runs(page), done, 'the same release in the same world is known');
  const { y } = await verdict(page).boundingBox();
  assert.ok(y >= 0 && y < 720, `verdict at ${y}`);
});

test('removed, the element leaves no worker behind', async ({ open }) => {
  const page = await open();
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
      const page = await open({ context });
      await found(page);
      await expectAccessible(page);
      const table = page.getByRole('table', { name: 'Strategies on one release' });
      await expect(table.getByRole('rowheader')).toHaveCount(NAMES.length);
      await expect(table.getByRole('cell')).toHaveCount(NAMES.length * 6);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), viewport.width);
    },
  );
}
