// What the page says and draws is what is: verdicts, legends, labels, notices.
import assert from 'node:assert/strict';
import { expect, test } from './fixtures.ts';
import {
  BAD,
  button,
  CALM,
  chartKey,
  chartLabels,
  chartOf,
  closeEditor,
  enter,
  fileMessage,
  filePicker,
  headline,
  kicker,
  notice,
  openText,
  problemItems,
  problemList,
  seedFault,
  show,
  surprise,
  where,
} from './rollout-page.mjs';

const element = (page, act, argument) => page.locator('canary-rollout').evaluate(act, argument);

test('a rollback that takes its time is decided by the rule, and told with both its moments', async ({ open }) => {
  const page = await open({ from: 'http', path: 'index.html#preset=opening&seed=192&config.rollback_ticks=3' });
  await headline(page)
    .getByText('Rolled back at minute 3, at 1 % of traffic; all traffic is back at minute 6')
    .waitFor();
  await expect(kicker(page)).toHaveText('opening, seed 192, decided by a rule');
});

test('the label of traffic tells what came of it, the table what went', async ({ open }) => {
  const page = await open({ from: 'http' });
  await show(page, CALM);
  await expect(chartLabels(page, 'traffic')).toHaveText(/canary\s*100\s%/);
  await button(page, 'Step back').click();
  await expect(chartLabels(page, 'traffic')).toHaveText(/canary\s*50\s%/);
  await button(page, 'Step').click();
  await chartOf(page, 'traffic').locator('summary', { hasText: 'Figures' }).click();
  await expect(chartOf(page, 'traffic').locator('tbody tr').last()).toHaveText('8\t50 %', { useInnerText: true });
  await show(page, BAD);
  await expect(chartLabels(page, 'traffic')).toHaveText(/canary\s*0\s%/);
});

/** The labels of an axis, with how far each reaches beyond its chart, in px. */
const labels = (page, chart) =>
  chartOf(page, chart)
    .locator('svg[role=img]')
    .evaluate((svg) => {
      const { left } = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('.axis text')].map((text) => ({
        text: text.textContent,
        beyond: Math.max(0, left - text.getBoundingClientRect().left),
      }));
    });

const SLOW = {
  traffic: { requests_per_second: 2 },
  baseline: { error_rate: 0.001, latency_ms: { p50: 250, p99: 1200 } },
  canary: { latency_ratio: 6 },
  stages: [{ traffic_pct: 10, duration_ticks: 7 }],
  rules: [{ rule: 'latency', quantile: 0.95, max: 60_000, look: 'every_tick', window: 'tick' }],
};

// A rate, a latency and a stake of every size.
const EXTREME = {
  'latencies above a second': [SLOW, 'latency'],
  'latencies of minutes': [
    { ...SLOW, baseline: { latency_ms: { p50: 90_000, p99: 400_000 } }, canary: {}, rules: [] },
    'latency',
  ],
  'a stake beyond all numbers': [
    { ...CALM, canary: { error_ratio: 9 }, rules: [{ rule: 'sequential', alpha: 1e-9 }] },
    'evidence',
  ],
  'a stake that is lost': [
    { ...CALM, traffic: { requests_per_second: 5000 }, canary: { error_ratio: 0.5 }, rules: [{ rule: 'sequential' }] },
    'evidence',
  ],
  'error rates next to nothing': [
    { ...CALM, traffic: { requests_per_second: 50_000 }, baseline: { error_rate: 0.0000123 } },
    'errors',
  ],
};

for (const [name, [config, chart]] of Object.entries(EXTREME)) {
  test(`no label is cut, and each is another: ${name}`, async ({ open }) => {
    const page = await open({ from: 'http' });
    await show(page, config);
    await chartOf(page, chart).locator('.axis text').first().waitFor({ state: 'attached' });
    const seen = await labels(page, chart);
    assert.ok(seen.length > 1, `${seen.length} labels`);
    assert.deepEqual(
      seen.filter(({ beyond }) => beyond > 0),
      [],
    );
    assert.equal(new Set(seen.map(({ text }) => text)).size, seen.length, JSON.stringify(seen));
    // Nor is anything else that is told wider than its card.
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    const wide = await page
      .locator('.card')
      .evaluateAll((cards) =>
        cards.filter((card) => card.scrollWidth > card.clientWidth + 1).map((card) => card.className),
      );
    assert.deepEqual(wide, []);
  });
}

test('a limit on latency has its rule’s quantile', async ({ open }) => {
  const page = await open({ from: 'http' });
  await show(page, SLOW);
  await expect(chartLabels(page, 'latency')).toHaveText(/limit for p95/);
  await show(page, { ...SLOW, rules: [{ rule: 'latency', max: 60_000 }] });
  await expect(chartLabels(page, 'latency')).toHaveText(/limit for p99/);
});

test('an interval says that it is one of a window, for one look, in the legend and in the table', async ({ open }) => {
  const page = await open({ from: 'http', path: 'index.html#preset=opening&seed=192' });
  const words = '95 % interval of this window, for one look: one in 20 misses';
  assert.ok((await chartKey(page, 'errors').innerText()).includes(words));
  await chartOf(page, 'errors').locator('summary', { hasText: 'Figures' }).click();
  const columns = await chartOf(page, 'errors').locator('th[scope=col]').allInnerTexts();
  assert.deepEqual(columns.slice(-2), [`baseline, ${words}`, `canary, ${words}`]);
  const [row] = await chartOf(page, 'errors').locator('tbody tr').last().allInnerTexts();
  const cells = row.split('\t');
  assert.equal(cells.length, columns.length);
  const [low, high] = cells
    .at(-1)
    .match(/[\d.]+/g)
    .map(Number);
  const rate = Number(cells[columns.indexOf('canary')].match(/[\d.]+/)[0]);
  assert.ok(low < rate && rate < high, row);
});

test('a configuration that is not valid is said where the verdict stands, which is of the last valid one', async ({
  open,
}) => {
  const page = await open({ from: 'http', path: 'index.html#preset=opening&seed=192' });
  const before = await surprise(page).first().innerText();
  await enter(page, 'stages[1].traffic_pct', '0.5');
  await expect(surprise(page).first()).toHaveText(
    'This configuration is not valid. What is drawn is the last valid one.',
  );
  await expect(kicker(page)).toHaveText(/^Last valid: opening/);
  await button(page, 'Undo').click();
  await expect(surprise(page).first()).toHaveText(new RegExp(before.slice(0, 20)));
  await expect(kicker(page)).toHaveText(/^opening/);
});

test('a wrong seed is told under its field, and moves nothing', async ({ open }) => {
  const page = await open({ from: 'http' });
  const places = () =>
    page.locator('.bar, .opening, .main').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
  const before = await places();
  await page.getByRole('textbox', { name: 'Seed' }).fill('abc');
  await page.keyboard.press('Enter');
  await seedFault(page).filter({ hasText: 'whole number' }).waitFor();
  assert.deepEqual(await places(), before);
});

test('what is no configuration at all is refused in a sentence, and the page lives on', async ({ open }) => {
  const page = await open({ from: 'http' });
  await show(page, CALM);
  const GIVEN = [
    ['undefined', 'found undefined, expected an object'],
    ['null', 'expected'],
    ['() => 1', 'found a function, expected an object'],
    ['10n', 'found a bigint, expected an object'],
    ['(() => { const a = {}; a.a = a; return a; })()', 'found an object that is no JSON, expected'],
    ['"[".repeat(300_000)', 'the text has 300,000 characters, expected at most 262,144'],
    ['"\\\\\\"".repeat(150_000)', 'the text has 300,000 characters'],
    ['"\\\\\\"".repeat(100_000)', 'expected'],
    ['"[".repeat(200_000)', 'nested too deeply'],
    ['\'{"a":\'.repeat(5_000) + "1" + "}".repeat(5_000)', 'nested too deeply'],
    [
      '"{\\"stages\\":[{\\"traffic_pct\\":5}],\\"rules\\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}"',
      'nested too deeply',
    ],
  ];
  await openText(page);
  for (const [given, sentence] of GIVEN) {
    const config = await element(
      page,
      (one, text) => {
        one.config = (0, eval)(text);
        return one.config;
      },
      given,
    );
    assert.equal(config.name, 'a calm one', given);
    const told = await problemList(page).textContent();
    assert.ok(told.includes(sentence), `${given.slice(0, 40)}: ${told.slice(0, 300)}`);
    assert.ok(told.length < 600, `${told.length} characters are told`);
  }
  await expect(where(page)).toHaveText('minute 8 of 8');
  await show(page, BAD);
  await closeEditor(page);
  await headline(page).getByText('Rolled back').waitFor();
});

test('of thousands of faults twenty are listed, and no more is quoted than is read', async ({ open }) => {
  const page = await open({ from: 'http' });
  await show(page, { ...CALM, stages: Array.from({ length: 60 }, () => ({ traffic_pct: -1 })) });
  await expect(notice(page)).toContainText('more problems.');
  await openText(page);
  const items = await problemItems(page).allTextContents();
  assert.ok(items.length > 1 && items.length <= 21, `${items.length} items`);
  await show(page, { ...CALM, ['k'.repeat(100_000)]: 1, rules: [{ rule: 'r'.repeat(100_000) }] });
  const told = await problemList(page).textContent();
  assert.ok(told.length < 2_000, `${told.length} characters`);
  assert.ok((await page.locator('canary-rollout .fault').allTextContents()).join('').length < 5_000);
});

test('the page’s own changes of size reach no error handler of its host', async ({ open }) => {
  const page = await open({
    html: `<!doctype html><html lang="en"><title>A course</title>
    <script>window.heard = []; window.onerror = (message) => window.heard.push(message);</script>
    <script src="dist/canary-rollout.js"></script><canary-rollout preset="opening" seed="192"></canary-rollout>`,
  });
  await show(page, CALM);
  for (const width of [1366, 700, 320, 900, 420, 1366]) {
    await page.setViewportSize({ width, height: 700 });
    await page.evaluate(
      () =>
        new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))),
    );
  }
  assert.deepEqual(await page.evaluate(() => window.heard), []);
});

for (const viewport of [
  { width: 1366, height: 900 },
  { width: 320, height: 640 },
]) {
  test(`in a host that is read from right to left, time runs from left to right: ${viewport.width} px`, async ({
    open,
  }) => {
    const page = await open({
      html: `<!doctype html><html lang="ar" dir="rtl"><title>A course</title><meta name="viewport" content="width=device-width">
        <script src="dist/canary-rollout.js"></script><canary-rollout preset="opening" seed="192"></canary-rollout>`,
      context: { viewport },
    });
    await element(page, (one) => (one.tick = 1));
    const [slider, line] = await page
      .locator('canary-rollout')
      .evaluate(({ shadowRoot }) => [
        getComputedStyle(shadowRoot.querySelector('.playhead-slider')).direction,
        shadowRoot.querySelector('.playhead').getAttribute('x1'),
      ]);
    assert.equal(slider, 'ltr');
    assert.ok(Number(line) > 0);
    for (const chart of ['traffic', 'errors', 'latency']) {
      assert.deepEqual(
        (await labels(page, chart)).filter(({ beyond }) => beyond > 0),
        [],
        chart,
      );
    }
    await expect(where(page)).toHaveText('minute 1 of 3');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  });
}

test('a file of any name is opened, and what is no configuration is told', async ({ open }) => {
  const page = await open({ from: 'http' });
  await openText(page);
  const picker = filePicker(page);
  await expect(picker).not.toHaveAttribute('accept');
  for (const name of ['policy.json', 'policy.txt', 'policy']) {
    await picker.setInputFiles({
      name,
      mimeType: '',
      buffer: Buffer.from(`\ufeff${JSON.stringify({ ...CALM, name })}`),
    });
    await fileMessage(page)
      .filter({ hasText: `Opened ${name}.` })
      .waitFor();
    assert.equal((await element(page, (one) => one.config)).name, name);
  }
});
