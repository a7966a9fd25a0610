// The place Find: policies that keep stated bounds, held against the engine's own search.
import assert from 'node:assert/strict';
import { configOf, orderOf, USUAL } from '../../www/src/search/settings.ts';
import { variedOf } from '../../www/src/search/varied.ts';
import { new_rollout, new_search, preset, presets } from './engine.mjs';
import { expect, expectAccessible, slow, takePicture, test } from './fixtures.ts';
import {
  bound,
  button,
  cloud,
  cloudVerdict,
  found,
  json,
  question,
  scenario,
  searched,
  show,
  varied,
} from './rollout-page.mjs';

/** Two stages with one limit: a search of few candidates. */
const SMALL = {
  traffic: { requests_per_second: 100 },
  stages: [
    { traffic_pct: 5, duration_ticks: 4 },
    { traffic_pct: 25, duration_ticks: 4 },
  ],
  rules: [{ rule: 'error_rate_delta', max: 0.003, look: 'stage_end' }],
};
const LIMIT = 'rules[0].max';
const LENGTHS = 'stages[*].duration_ticks';
const SHARES = 'stages[*].traffic_pct';
/** What is asked here: less than usual, to be found soon. */
const ASKED = 'search={falsely:"5",missed:"20",ratio:"3",runs:500000}';
const path = (search = ASKED) => `index.html#v=1&preset=opening&seed=1&place=find&${search}`;

/** The page at Find with a policy. */
async function openFind(open, { config = SMALL, search = ASKED, ...options } = {}) {
  const page = await open({ path: path(search), ...options });
  await question(page).waitFor();
  await show(page, config, 1);
  return page;
}

/** A configuration as it is resolved, without its name. */
function resolved(config) {
  const rollout = new_rollout(config, 0);
  const { name: _, ...rest } = rollout.report().config;
  rollout.free();
  return rest;
}

/** What the engine finds, asked as the page asks it. */
function engineFinds(config, settings) {
  const plan = { ...resolved(config), decides: null };
  const order = orderOf(config, plan, variedOf(config, plan), { ...USUAL, ...settings });
  const search = new_search(config, order.options);
  while (!search.is_finished) search.advance(100_000);
  return { order, report: search.report() };
}

test('a search finds a policy that holds, which is taken over, and taken back', async ({ open }) => {
  const page = await openFind(open);
  const before = await json(page);
  await searched(page);
  const { order, report } = engineFinds(SMALL, { falsely: '5', missed: '20', ratio: '3', runs: 500_000 });
  assert.ok(report.chosen, 'the engine chooses one');
  await expect(cloud(page).getByRole('heading')).toContainText(`${report.candidates.length} policies tried`);
  await expect(cloudVerdict(page)).toContainText(/on the front|surely holds all bounds/);
  // The figures of the search, the fresh ones, and those of the present policy.
  await expect(found(page)).toContainText('Chosen');
  const cells = found(page).locator('tbody tr').first().locator('td');
  const percent = ({ found: { estimate } }) => String(Number((estimate * 100).toFixed(1)));
  const { fresh, fresh_present } = report.chosen;
  for (const [i, held] of [report.candidates[report.chosen.id], fresh, fresh_present].entries())
    await expect(cells.nth(i)).toContainText(percent(held.holds[0]));
  await expect(found(page)).toContainText('Rely on the figures measured again');
  assert.deepEqual(await json(page), before, 'nothing is taken over yet');

  await button(found(page), 'Take it over').click();
  const taken = await json(page);
  assert.deepEqual(taken, configOf(order, report.candidates[report.chosen.id]));
  assert.deepEqual(resolved(taken), resolved(report.chosen.config));
  const sentence = await found(page).locator('.found-policy').innerText();
  await expect(scenario(page, 'Policy')).toContainText(sentence.replace(/\.$/, ''));
  await expect(found(page)).toContainText('It is the policy of every place now');
  await expect(page.locator('.stale')).toHaveCount(0);
  await button(page, 'Undo').click();
  assert.deepEqual(await json(page), before);
  await button(found(page), 'Take it over').waitFor();
  // What was found belongs to what was searched.
  await show(page, { ...SMALL, traffic: { requests_per_second: 10 } }, 1);
  await expect(page.locator('.stale')).toContainText('has changed since this search');
});

test('where no policy holds, the nearest is shown, and what stands in the way', async ({ open }) => {
  const page = await openFind(open, { search: 'search={falsely:"0.1",missed:"0.1",ratio:"1.2",runs:500000}' });
  await searched(page);
  await expect(cloudVerdict(page)).toContainText('No policy of these surely holds all bounds');
  await expect(found(page)).toContainText('The nearest');
  await expect(found(page)).toContainText('broken');
  await expect(cloud(page).getByRole('slider')).toHaveCount(0);
  await button(found(page), 'Take it over').waitFor();
});

test('one walks along the front by keys, and selects a policy by a click and in the table', async ({ open }) => {
  const page = await openFind(open);
  await searched(page);
  const slider = cloud(page).getByRole('slider', { name: 'Along the front' });
  await slider.focus();
  await page.keyboard.press('Home');
  const first = await found(page).locator('.found-policy').innerText();
  await expect(slider).toHaveAttribute('aria-valuetext', /^1 of \d+: .*minutes, .* failed requests$/);
  await page.keyboard.press('ArrowRight');
  await expect(found(page).locator('.found-policy')).not.toHaveText(first);
  await expect(slider).toHaveAttribute('aria-valuetext', /^2 of/);
  await expect(slider).toBeFocused();
  // A click at another point of the front.
  await cloud(page).locator('.candidate.front circle').last().click({ force: true });
  await expect(found(page).locator('.found-policy')).not.toHaveText('');
  await cloud(page).getByText('The policies as a table').click();
  const failed = cloud(page)
    .locator('tr', { hasText: /broken|better/ })
    .first();
  await failed.getByRole('button').click();
  await expect(found(page)).toContainText(/It breaks a bound|Another policy is better/);
  await expect(found(page)).toContainText('Only the policy that it chooses is measured again');
  await button(found(page), 'Back to the chosen one').click();
  await expect(found(page)).toContainText('Chosen');
});

test('a search is stopped; what it has found stays', async ({ open }) => {
  const page = await openFind(open, { config: JSON.parse(preset('opening')), search: 'search={runs:10000000}' });
  await button(question(page), 'Search').click();
  await cloud(page).waitFor();
  await expect(question(page).getByRole('progressbar')).toBeVisible();
  await button(question(page), 'Stop').click();
  await expect(question(page).getByRole('status')).toContainText(/^Stopped after [\d,]+ of at most [\d,]+ rollouts/);
  await expect(cloudVerdict(page)).toContainText(/^Stopped before|on the front|surely holds/);
  await button(question(page), 'Search').waitFor();
});

/** What is wrong, where it is typed, and what is said there. */
const FAULTS = [
  ['a bound that is no number', (page) => bound(page, 'falsely').fill('some'), /Expected a number from 0 to 100/],
  ['a ratio that is no worse', (page) => bound(page, 'ratio').fill('1'), /Expected a number above 1/],
  [
    'values that are none',
    (page) => varied(page, LIMIT).getByRole('textbox').fill('0.1,,2'),
    /Expected values such as/,
  ],
  [
    'values outside a limit',
    (page) => varied(page, LIMIT).getByRole('textbox').fill('500'),
    /combinations|at most|from 0/,
  ],
  ['too many values', (page) => varied(page, LIMIT).getByRole('textbox').fill('0.1..1/1000000'), /values/],
  [
    'nothing that may change',
    async (page) => {
      const checked = question(page).locator('.vary-list').getByRole('checkbox', { checked: true });
      for (let left = await checked.count(); left > 0; left -= 1) await checked.first().click();
    },
    /Choose at least one field/,
  ],
];

for (const [what, act, words] of FAULTS) {
  test(`${what}: said where it is typed`, async ({ open }) => {
    const page = await openFind(open);
    if (what === 'values outside a limit') {
      // Alone, so that no combination is left.
      await varied(page, SHARES).getByRole('checkbox').uncheck();
      await varied(page, LENGTHS).getByRole('checkbox').uncheck();
      await question(page)
        .getByRole('checkbox', { name: /evidence/ })
        .uncheck();
    }
    await act(page);
    await button(question(page), 'Search').click();
    await expect(question(page)).toContainText(words);
    await expect(cloud(page)).toHaveCount(0);
    await expectAccessible(page);
  });
}

test('a controller’s own fields may change', async ({ open }) => {
  const page = await openFind(open, {
    config: JSON.parse(preset('argo-rollouts')),
    search: 'search={ratio:"6",runs:500000}',
  });
  await expect(question(page).getByRole('textbox', { name: 'Values of success-rate, failureLimit' })).toHaveValue(
    '1, 2, 3, 5',
  );
  await searched(page);
  const before = await json(page);
  await button(found(page), 'Take it over').click();
  const { controller } = await json(page);
  assert.equal(controller.argo.steps.length, before.controller.argo.steps.length);
  assert.notDeepEqual(controller, before.controller);
  await expect(scenario(page, 'Policy')).toContainText('Argo Rollouts');
  await found(page).getByText('As a file of your controller', { exact: true }).click();
  await button(found(page), 'Copy for Argo Rollouts').click();
  await expect(found(page).getByRole('textbox', { name: 'The policy’s file' })).toHaveValue(/kind: Rollout/);
});

test('for each preset there is something that may change, and the engine takes it', async () => {
  for (const { name, json } of presets()) {
    // Without its release: a search brings its own.
    const { canary: _, ...config } = JSON.parse(json);
    const rollout = new_rollout(config, 0);
    const { config: whole, controller, rules = [], stages } = rollout.report();
    const plan = controller ? { ...whole, stages, rules, decides: controller } : { ...whole, decides: null };
    const all = variedOf(config, plan);
    assert.ok(
      all.some(({ isUsual }) => isUsual),
      name,
    );
    const order = orderOf(config, plan, all, USUAL);
    assert.ok(!(order instanceof Map), name);
    const search = new_search(config, order.options);
    search.advance(1);
    const { candidates, grid } = search.report();
    assert.ok(candidates.length > 1, `${name}: ${candidates.length} candidates, ${grid.invalid} invalid`);
    assert.ok(grid.invalid < 2 * candidates.length, `${name}: ${grid.invalid} of the combinations are invalid`);
    search.free();
    // What may change and usually does not, too.
    const rest = Object.fromEntries(all.map(({ path, isUsual }) => [path, { on: !isUsual }]));
    if (!all.every(({ isUsual }) => isUsual))
      new_search(config, orderOf(config, plan, all, { ...USUAL, fields: rest }).options).free();
  }
});

test('the gate is copied as a command, and so is the search', async ({ open }) => {
  const page = await openFind(open);
  await searched(page);
  await found(page).getByText('As commands for a pipeline').click();
  await expect(found(page).getByRole('textbox', { name: 'Commands' })).toHaveValue(
    /^canary-rollout study policy\.json \\\n {2}--require 'false_rollback<=0\.05' \\\n {2}--require 'missed_regression\(error_ratio=3\)<=0\.2'\n\ncanary-rollout search policy\.json \\\n[\s\S]*--least 'excess_errors\(error_ratio=5\)'/,
  );
});

test('what is asked stands in the address, and is read from it', async ({ open }) => {
  const page = await openFind(open);
  await expect(bound(page, 'falsely')).toHaveValue('5');
  await bound(page, 'missed').fill('12');
  await varied(page, LIMIT).getByRole('textbox').fill('0.1..1/3');
  await varied(page, LENGTHS).getByRole('checkbox').uncheck();
  await question(page)
    .getByRole('radio', { name: /all traffic/ })
    .check();
  await page.waitForFunction(
    () => /missed:%2212|missed:"12/.test(location.hash) && location.hash.includes('least:time'),
  );
  const again = await open({ path: `index.html${new URL(page.url()).hash}` });
  await expect(again.getByRole('tab', { selected: true })).toHaveText('Find');
  await expect(bound(again, 'missed')).toHaveValue('12');
  await expect(varied(again, LIMIT).getByRole('textbox')).toHaveValue('0.1..1/3');
  await expect(varied(again, LENGTHS).getByRole('checkbox')).not.toBeChecked();
  await expect(question(again).getByRole('radio', { name: /all traffic/ })).toBeChecked();
});

test('where no worker may start, short rollouts are searched on the page’s own thread', async ({ open }) => {
  const page = await open({
    html: `<!doctype html><html lang="en"><title>A course</title><script src="dist/canary-rollout.js"></script>
      <canary-rollout place="find" config='${JSON.stringify({ ...SMALL, rules: SMALL.rules })}'></canary-rollout>`,
    headers: {
      'content-security-policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'",
    },
    expectedErrors: [/worker/i],
  });
  await searched(page);
  await expect(found(page)).toContainText('Chosen');
});

/** Runs in the page: how large it is. */
const sizes = () => {
  const { scrollWidth: wide, scrollHeight: high } = document.documentElement;
  return { wide, high };
};

for (const [width, colorScheme] of [
  [1366, 'light'],
  [320, 'dark'],
]) {
  test(`it is accessible, and within two screens, at ${width} px, ${colorScheme}`, slow, async ({ open }) => {
    const page = await openFind(open, {
      config: JSON.parse(preset('opening')),
      search: 'search={missed:"20",ratio:"3",runs:500000}',
      context: { viewport: { width, height: 768 }, colorScheme },
    });
    await expectAccessible(page);
    await searched(page);
    await expectAccessible(page);
    const { wide, high } = await page.evaluate(sizes);
    assert.equal(wide, width);
    if (width === 1366) assert.ok(high <= 2 * 768, `${high} px high`);
    await takePicture(page, `find-${width}-${colorScheme}`);
    for (const details of await page.locator('.find details').all())
      await details.evaluate((element) => {
        element.open = true;
      });
    await expectAccessible(page);
    assert.equal((await page.evaluate(sizes)).wide, width);
  });
}

for (const media of [{ forcedColors: 'active' }, { media: 'print' }]) {
  test(`the cloud is kept: ${Object.values(media)[0]}`, async ({ open }) => {
    const page = await openFind(open);
    await searched(page);
    await page.emulateMedia(media);
    for (const what of ['.cloud-plot', '.found-policy', '.found-figures', '.front-line, .candidate.front'])
      await expect(page.locator(what).first()).toBeVisible();
    await expectAccessible(page);
    await takePicture(page, `find-${Object.values(media)[0]}`);
  });
}
