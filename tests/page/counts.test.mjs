// The place Yours with recorded counts: what is read of them, the fit beside the record, and
// the replay of a policy on them.
import assert from 'node:assert/strict';
import { expect, expectAccessible, takePicture, test } from './fixtures.ts';
import {
  BAD,
  button,
  effects,
  enter,
  goTo,
  headline,
  json,
  outcome,
  playhead,
  scenario,
  searched,
  show,
  studied,
  surprise,
  toKnow,
  unreadable,
  verdict,
} from './rollout-page.mjs';

const YOURS = { path: 'index.html#place=yours' };
/** Stages that two recorded versions have room for. */
const STAGES = [
  { traffic_pct: 5, duration_ticks: 10 },
  { traffic_pct: 25, duration_ticks: 10 },
];
const POLICY = { name: 'mine', stages: STAGES, rules: [{ rule: 'error_rate_delta', max: 0.05, look: 'every_tick' }] };

const file = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
const open_ = (page, ...files) => page.getByLabel('Files of a controller').setInputFiles(files);
const wasRead = (page) => page.getByRole('group', { name: 'What was read', exact: true });
const fitOf = (page) => page.getByRole('group', { name: 'The record beside the fitted world' });
const grade = (page) => page.getByRole('group', { name: 'How well the model fits' });
const parameter = (page, path) => page.locator(`[data-parameter="${path}"]`);
const seriesOf = (page, name) => page.locator(`[data-series="${name}"]`);
const strip = (page) => page.getByRole('group', { name: 'Recorded counts', exact: true });
const tryWeek = (page) => button(page, 'Try a week of counts').click();
const tryRelease = (page) => button(page, 'Try a recorded release').click();
const replay = (page) => button(wasRead(page), 'Replay this policy on it').click();
const reportOf = (page) =>
  page
    .locator('canary-rollout')
    .first()
    .evaluate(({ report }) => report);
const linkOf = (page) =>
  page
    .locator('canary-rollout')
    .first()
    .evaluate(({ link }) => link);

/** Counts of minutes from a moment on. */
const table = (rows, header = 'time,requests,errors') =>
  `${header}\n${Array.from({ length: rows }, (_, i) => `${new Date(Date.UTC(2026, 10, 24, 9, i)).toISOString()},${1000 + ((i * 37) % 101)},${(i * 7) % 13}`).join('\n')}\n`;

test('an example is read, and its world stands beside the record', async ({ open }) => {
  const page = await open(YOURS);
  await tryWeek(page);
  await expect(wasRead(page)).toContainText('7 days in 1,008 steps of 10 minutes');
  await expect(wasRead(page)).toContainText('from 2026-11-16 00:00 UTC');
  await expect(wasRead(page)).toContainText('One version.');
  await expect(seriesOf(page, 'errors')).toContainText('guessed');
  await expect(fitOf(page).locator('svg[role=img]')).toHaveCount(2);
  await expect(fitOf(page).locator('svg[role=img]').first()).toHaveAccessibleName(/points lie in the band/);
  await expect(fitOf(page).getByText('UTC', { exact: true }).first()).toBeVisible();
  await expect(parameter(page, 'baseline.error_rate')).toContainText(/0\.\d+\s% to 0\.\d+\s%/);
  await expect(parameter(page, 'noise.per_arm')).toContainText('One version is recorded');
  await expect(page.getByText('1,008 ticks of 10 minutes, for a world with ticks of 1 minute')).toBeVisible();
  await expect(grade(page)).toHaveAttribute('data-grade', /ok|doubtful|not_described/);
  await fitOf(page).getByText('Figures').first().click();
  await expect(fitOf(page).getByRole('row').nth(1)).toContainText('2026-11-16 00:00 UTC');
});

test('a guess is corrected, and the files are read anew', async ({ open }) => {
  const page = await open(YOURS);
  await open_(page, file('mine.csv', table(60, 'time,hits,bad_answers')));
  const what = (name) => seriesOf(page, name).getByLabel('What it measures');
  await expect(what('hits')).toHaveValue('requests');
  await expect(toKnow(page)).toContainText('bad_answers');
  // Nothing says what fails: a person does.
  await page.getByLabel('A series is missing').fill('errors=bad_answers');
  await button(page, 'Read again').click();
  await expect(seriesOf(page, 'bad_answers')).toContainText('told');
  await expect(what('bad_answers')).toHaveValue('errors');
  await expect(parameter(page, 'baseline.error_rate')).not.toContainText('not told');
  await seriesOf(page, 'hits').getByLabel('Its unit').selectOption('per second');
  await expect(seriesOf(page, 'hits')).toContainText('told');
  await expect(parameter(page, 'traffic.requests_per_second').locator('td').first()).toHaveText(/^1,0\d\d$/);
});

test('the fitted world takes the place of the traffic, and undo brings it back', async ({ open }) => {
  const page = await open(YOURS);
  await show(page, POLICY);
  const before = await json(page);
  await tryWeek(page);
  await button(wasRead(page), 'Use it as the world').click();
  const config = await json(page);
  assert.deepEqual([config.stages, config.rules, config.name], [before.stages, before.rules, before.name]);
  assert.ok(config.traffic.requests_per_second > 35 && config.traffic.requests_per_second < 45);
  assert.ok(config.traffic.daily_swing.amplitude > 0.3);
  await expect(scenario(page, 'Traffic')).toContainText(/requests\/s, of which 0\.\d+\s% fail/);
  await expect(wasRead(page).getByRole('status')).toContainText('Undo');
  await button(page, 'Undo').click();
  assert.deepEqual(await json(page), before);
});

test('two recorded versions are replayed, and nobody knows the truth', async ({ open }) => {
  const page = await open(YOURS);
  await show(page, POLICY);
  await tryRelease(page);
  await expect(wasRead(page)).toContainText('Two versions');
  await replay(page);
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Watch');
  await expect(strip(page)).toContainText('Replaying recorded counts of release.csv, from 2026-11-24 09:00 UTC');
  await expect(outcome(page)).toHaveAttribute('data-outcome', 'unknown');
  await expect(surprise(page)).toContainText('Nobody knows whether this release is bad');
  await expect(verdict(page)).toContainText('is not known');
  await expect(headline(page)).toContainText(/Promoted|Rolled back/);
  await expect(scenario(page, 'Release')).toContainText('nobody knows');
  await expect(scenario(page, 'Traffic')).toContainText('Recorded counts of release.csv');
  await expect(page.locator('.wall-card')).toBeHidden();
  await expect(page.locator('.time-axis')).toContainText('09:10');
  await strip(page).getByText('What that means').click();
  await expect(strip(page)).toContainText('The counts of both versions are recorded');
  const report = await reportOf(page);
  assert.equal(report.truth.release, 'unknown');
  assert.equal(report.recorded.source, 'both_arms');
  // The true rates are not drawn, and what is counted is not called true.
  await expect(page.locator('.flow')).toContainText('by the baseline’s error rate');
  await expect(page.locator('.flow')).not.toContainText('true rates');

  // An edited policy is replayed again.
  await enter(page, 'stages[0].duration_ticks', '20');
  await expect(strip(page)).toBeVisible();
  assert.equal((await reportOf(page)).recorded.source, 'both_arms');

  // Nothing can be measured, and that is said.
  await goTo(page, 'Measure');
  await expect(page.getByRole('group', { name: 'Why nothing is measured' })).toContainText('nobody knows');
  await expect(effects(page)).toHaveCount(0);

  // With the scenario's release upon the baseline, the truth is known.
  await goTo(page, 'Watch');
  await strip(page).getByLabel('Canary').selectOption('laid');
  assert.equal((await reportOf(page)).truth.release, 'healthy');

  await button(strip(page), 'Return to the simulated world').click();
  await expect(strip(page)).toBeHidden();
  assert.equal((await reportOf(page)).recorded, undefined);
  await button(page, 'Undo').click();
  await expect(strip(page)).toBeVisible();
});

test('the scenario’s release is laid upon one recorded version, from a chosen time on', async ({ open }) => {
  const page = await open(YOURS);
  await show(page, BAD);
  await tryWeek(page);
  await replay(page);
  await expect(outcome(page)).toHaveAttribute('data-outcome', 'caught');
  await strip(page).getByText('What that means').click();
  await expect(strip(page)).toContainText('The release of the configuration is laid upon it');
  await strip(page).getByLabel('Begin at').fill('2026-11-17T12:00');
  await expect(strip(page)).toContainText('from 2026-11-17 12:00 UTC');
  assert.equal((await reportOf(page)).recorded.start, Date.UTC(2026, 10, 17, 12) / 1000);
  await strip(page).getByLabel('Begin at').fill('2027-01-01T00:00');
  await expect(strip(page).locator('.message.error')).not.toBeEmpty();
  assert.equal((await reportOf(page)).recorded.start, Date.UTC(2026, 10, 17, 12) / 1000);
  await playhead(page).focus();
  await page.keyboard.press('Home');
  await expect(playhead(page)).toHaveAttribute('aria-valuetext', /2026-11-17 12:00/);
});

test('a study draws the recorded days at random', async ({ open }) => {
  const page = await open(YOURS);
  await show(page, BAD);
  await tryWeek(page);
  await replay(page);
  await goTo(page, 'Measure');
  await studied(page);
  await expect(strip(page)).toContainText('Measuring over recorded days of week.csv');
  await strip(page).getByText('What that means').click();
  await expect(strip(page)).toContainText('drawn at random from 7 recorded days');
  await expect(page.locator('[data-figure=false_rollback]:visible').first()).toContainText(/\d/);
  await expect(page.locator('.curve').getByRole('combobox').locator('option')).toHaveCount(2);
});

test('a search is over the recorded days, and out of date in the simulated world', async ({ open }) => {
  const page = await open(YOURS);
  await show(page, { ...BAD, name: '' });
  await tryWeek(page);
  await replay(page);
  await goTo(page, 'Find');
  await expect(strip(page)).toContainText('Searching over recorded days of week.csv');
  await searched(page);
  await expect(page.locator('.find')).toContainText(
    'All rollouts are drawn from 7 recorded days, those with fresh seeds, too',
  );
  await expect(page.locator('.stale')).toHaveCount(0);
  await page.getByText('As commands for a pipeline').click();
  const commands = page.getByRole('textbox', { name: 'Commands' });
  await expect(commands).toHaveValue(
    /study policy\.json \\\n {2}--counts week\.csv[^]*search policy\.json \\\n {2}--counts week\.csv/,
  );
  await strip(page).getByRole('button', { name: 'Return to the simulated world' }).click();
  await expect(page.locator('.stale')).toBeVisible();
});

test('a rollout of many ticks is replayed beside the page', async ({ open }) => {
  const page = await open(YOURS);
  await show(page, { stages: [{ traffic_pct: 5, duration_ticks: 2000 }] });
  await tryWeek(page);
  await replay(page);
  await expect(strip(page)).toContainText('week.csv');
  await expect(outcome(page)).toHaveAttribute('data-outcome', 'promoted_rightly');
  const report = await reportOf(page);
  assert.deepEqual([report.metrics.ticks, report.recorded.source], [2000, 'baseline']);
  await playhead(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await reportOf(page)).metrics.ticks).toBe(1);
});

test('a link has the policy, and no counts', async ({ open }) => {
  const page = await open(YOURS);
  await show(page, POLICY);
  await tryRelease(page);
  const before = await linkOf(page);
  await replay(page);
  const link = await linkOf(page);
  assert.ok(!link.includes('csv') && link.length < before.length + 20, link);
  await strip(page).getByText('What that means').click();
  await expect(strip(page)).toContainText('not the counts');
  await button(page, 'Embed').click();
  await expect(page.getByRole('dialog', { name: 'Embed this rollout' }).first()).toContainText('not the counts');
});

test('a wrong file is refused with its line, and a login page by name', async ({ open }) => {
  const page = await open(YOURS);
  const before = await json(page);
  await open_(page, file('wrong.csv', table(40).replace(/^(.*09:04.*),\d+,(\d+)$/m, '$1,-5,$2')));
  await expect(unreadable(page)).toContainText('wrong.csv, line 6');
  await open_(
    page,
    file('login.json', '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>…</body></html>\n'),
  );
  await expect(unreadable(page)).toContainText(/HTML/);
  assert.deepEqual(await json(page), before);
  // A few minutes are too few for a world, and can be replayed all the same.
  await open_(page, file('short.csv', table(20)));
  await expect(page.getByRole('group', { name: 'No fitted world' })).toContainText('at least 30 ticks');
  await replay(page);
  await expect(strip(page)).toContainText('short.csv');
});

test('what cannot be replayed says why, and an edit that cannot leads back to the simulated world', async ({
  open,
}) => {
  const page = await open(YOURS);
  await show(page, { ...BAD, tick_seconds: 7 });
  await tryWeek(page);
  await replay(page);
  await expect(wasRead(page).getByRole('status')).toContainText('It cannot be replayed');
  await show(page, BAD);
  await replay(page);
  await expect(strip(page)).toContainText('week.csv');
  await enter(page, 'tick_seconds', '7');
  await expect(strip(page)).toContainText('the simulated world is back');
  assert.equal((await reportOf(page)).recorded, undefined);
  // While a length is being typed, it is another: the counts are not forgotten.
  await enter(page, 'tick_seconds', '75');
  await expect(strip(page)).toContainText('Replaying recorded counts of week.csv');
  assert.equal((await reportOf(page)).recorded.source, 'baseline');
  await enter(page, 'tick_seconds', '7');
  await button(strip(page), 'Stay in the simulated world').click();
  await expect(strip(page)).toBeHidden();
  await enter(page, 'tick_seconds', '60');
  assert.equal((await reportOf(page)).recorded, undefined);
});

test('a file’s policy over two recorded versions is not studied, which is said', async ({ open }) => {
  const page = await open(YOURS);
  await show(page, POLICY);
  await tryRelease(page);
  await replay(page);
  await goTo(page, 'Yours');
  await button(page, 'Try a Flagger Canary').click();
  await button(page, 'Use it').click();
  await expect(strip(page)).toBeHidden();
  const effect = page.locator('.yours-effect');
  await expect(effect).toContainText('nobody knows whether the release was bad');
  await expect(effect).not.toHaveAttribute('aria-busy', 'true');
});

test('of two openings the last one holds, and files may have so much together', async ({ open }) => {
  const page = await open(YOURS);
  await page.evaluate(() => {
    const { arrayBuffer } = Blob.prototype;
    Blob.prototype.arrayBuffer = async function () {
      if (this.name === 'slow.csv') await new Promise((done) => (window.goOn = done));
      return arrayBuffer.call(this);
    };
  });
  await open_(page, file('slow.csv', table(50)));
  await expect.poll(() => page.evaluate(() => typeof window.goOn)).toBe('function');
  await open_(page, file('fast.csv', table(40)));
  await expect(wasRead(page)).toContainText('40 steps');
  await page.evaluate(async () => {
    window.goOn();
    await new Promise((done) => setTimeout(done));
  });
  await expect(wasRead(page)).toContainText('40 steps');
  await page.locator('.yours').evaluate((target) => {
    const dataTransfer = new DataTransfer();
    for (const name of ['a.csv', 'b.csv']) dataTransfer.items.add(new File([new Uint8Array(40e6)], name));
    target.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  await expect(page.getByText('they have 80.0 MB together')).toBeVisible();
  await expect(wasRead(page)).toContainText('40 steps');
});

/** A table of so many minutes that its fit takes a while. */
const longTable = () => {
  const minute = (i) => `${1_795_510_800 + 60 * i},${900 + ((i * 37) % 101)},${(i * 7) % 13}`;
  return `time,requests,errors\n${Array.from({ length: 30_000 }, (_, i) => minute(i)).join('\n')}\n`;
};

test('a long record is fitted beside the page', async ({ open }) => {
  const page = await open(YOURS);
  await open_(page, file('long.csv', longTable()));
  await expect(wasRead(page)).toContainText('30,000 steps');
  await expect(parameter(page, 'baseline.error_rate')).toContainText('0.6');
  await button(wasRead(page), 'Use it as the world').click();
  await expect(wasRead(page).getByRole('status')).toContainText('Undo');
  assert.ok(Math.abs((await json(page)).traffic.requests_per_second - 950 / 60) < 0.1);
});

test('a fit ends with the element, and begins anew when it is back', async ({ open }) => {
  const page = await open(YOURS);
  await page.evaluate(() => {
    window.workers = { started: 0, ended: 0 };
    const Working = window.Worker;
    // What a worker is told of fits is held back: they never end.
    window.Worker = class extends Working {
      postMessage(message, ...rest) {
        if (message.kind !== 'fit') return super.postMessage(message, ...rest);
        window.workers.started += 1;
        this.fits = true;
        return window.workers.started > 1 ? super.postMessage(message, ...rest) : undefined;
      }
      terminate() {
        if (this.fits) window.workers.ended += 1;
        super.terminate();
      }
    };
  });
  await open_(page, file('long.csv', longTable()));
  await expect.poll(() => page.evaluate(() => window.workers)).toEqual({ started: 1, ended: 0 });
  await expect(page.getByRole('group', { name: 'No fitted world' })).toContainText('is being fitted');
  const ended = await page.evaluate(() => {
    window.element = document.querySelector('canary-rollout');
    window.place = window.element.parentNode;
    window.element.remove();
    return window.workers.ended;
  });
  assert.equal(ended, 1);
  await page.evaluate(() => window.place.append(window.element));
  await expect(parameter(page, 'baseline.error_rate')).toContainText('0.6');
  assert.equal(await page.evaluate(() => window.workers.started), 2);
});

test('an answer of Prometheus is dropped, and several files make one record', async ({ open }) => {
  const page = await open(YOURS);
  const values = (of) => Array.from({ length: 90 }, (_, i) => [1_795_510_800 + 60 * i, String(of(i))]);
  const answer = (name, of) =>
    JSON.stringify({
      status: 'success',
      data: { resultType: 'matrix', result: [{ metric: { __name__: name }, values: values(of) }] },
    });
  const requests = answer('http_requests_increase1m', (i) => 900.5 + (i % 7));
  const errors = answer('http_errors_increase1m', (i) => i % 5);
  await open_(page, file('requests.json', requests), file('errors.json', errors));
  await expect(wasRead(page)).toContainText('Prometheus');
  await expect(seriesOf(page, 'http_errors_increase1m')).toContainText('errors.json');
  await page.locator('.yours').evaluate((target, text) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], 'dropped.json'));
    target.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }, requests);
  await expect(wasRead(page)).toContainText('Prometheus');
  await page.getByText('Paste a file').click();
  await page.getByRole('textbox', { name: 'A file’s text' }).fill(table(45));
  await button(page, 'Read it').click();
  await expect(wasRead(page)).toContainText('CSV');
  await expect(wasRead(page)).toContainText('45 steps');
});

for (const [width, colorScheme] of [
  [1366, 'light'],
  [320, 'dark'],
]) {
  test(`it is accessible at ${width} px, ${colorScheme}`, async ({ open }) => {
    const page = await open({ ...YOURS, context: { viewport: { width, height: 768 }, colorScheme } });
    await tryWeek(page);
    await expect(fitOf(page).locator('svg[role=img]').first()).toBeVisible();
    await expectAccessible(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await takePicture(page, `counts-${width}-${colorScheme}`);
    await tryRelease(page);
    await expect(wasRead(page)).toContainText('Two versions');
    await expectAccessible(page);
    await takePicture(page, `counts-release-${width}-${colorScheme}`);
    await replay(page);
    await strip(page).getByText('What that means').click();
    await expectAccessible(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await takePicture(page, `replay-${width}-${colorScheme}`);
    await goTo(page, 'Measure');
    await expectAccessible(page);
    await goTo(page, 'Yours');
    await open_(page, file('wrong.csv', table(40).replace(/^(.*09:04.*),\d+,(\d+)$/m, '$1,-5,$2')));
    await expect(unreadable(page)).toBeVisible();
    await expectAccessible(page);
    await expect(toKnow(page)).toHaveCount(0);
  });
}
