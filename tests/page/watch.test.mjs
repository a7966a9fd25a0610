// One rollout, watched: what a newcomer meets in its charts, its playback, its answers.
import assert from 'node:assert/strict';
import { expect, test } from './fixtures.ts';
import {
  button,
  CALM,
  chartKey,
  chartLabels,
  chartOf,
  marker,
  message,
  moveMessage,
  playhead,
  show,
  stageLabels,
  states,
  surprise,
  where,
} from './rollout-page.mjs';

/** Judged every minute by a limit that it never reaches. */
const JUDGED = { ...CALM, rules: [{ rule: 'error_rate_delta', max: 0.5, look: 'every_tick' }] };

/** Of a chart: where the lived time ends and how wide its bands are, the planned ones last, in px. */
const bands = (page, chart) =>
  chartOf(page, chart)
    .locator('.bands rect')
    .evaluateAll((all) =>
      all.map((one) => ({
        x: Number(one.getAttribute('x')),
        width: Number(one.getAttribute('width')),
        planned: one.classList.contains('plan'),
      })),
    );

test('time that was lived fills the chart, what was planned beyond it is narrow and says so', async ({ open }) => {
  const page = await open();
  // Rolled back after 3 of 20 minutes.
  await expect(where(page)).toHaveText('minute 3 of 3');
  const all = await bands(page, 'errors');
  const wide = (some) => some.reduce((sum, { width }) => sum + width, 0);
  const lived = wide(all.filter(({ planned }) => !planned));
  const planned = wide(all.filter(({ planned }) => planned));
  assert.ok(lived > 2 * planned && planned > 60, `${lived} px lived, ${planned} px planned`);
  await expect(stageLabels(page).last()).toHaveText(/planned/);
  await expect(moveMessage(page)).toHaveText('minute 3 of 3, the end; later minutes were only planned');
  // A rollout that ran whole has no such band.
  await show(page, CALM);
  assert.ok((await bands(page, 'errors')).every((band) => !band.planned));
  await expect(moveMessage(page)).toHaveText('minute 8 of 8, the end');
});

test('the interval is inside the chart, from its first point to its last', async ({ open }) => {
  const page = await open();
  const top = await chartOf(page, 'errors')
    .locator('.past .canary.interval')
    .evaluate((band) => {
      const [, first] = /^M[\d.]+,([\d.]+)/.exec(band.getAttribute('d'));
      return { first: Number(first), bounds: band.getBBox().y };
    });
  // The topmost grid line is the scale's end: the band stays below it.
  const ends = await chartOf(page, 'errors')
    .locator('.axis line')
    .evaluateAll((all) => all.map((one) => Number(one.getAttribute('y1'))));
  assert.ok(top.bounds > Math.min(...ends), `${top.bounds} above ${Math.min(...ends)}`);
});

test('the limit is said in the same words in the chart and beside its field', async ({ open }) => {
  const page = await open();
  await expect(chartLabels(page, 'errors')).toHaveText(/limit: baseline \+ 2\spoints/);
  const field = page.getByRole('spinbutton', { name: 'Limit', exact: true });
  await expect(field).toHaveValue('2');
  await expect(chartOf(page, 'errors').locator('label')).toHaveText(/Limit\s*baseline \+\s*points/);
});

test('terms are explained where they first stand', async ({ open }) => {
  const page = await open();
  await expect(chartOf(page, 'traffic')).toHaveText(/canary \(new version\); the rest goes to the baseline/);
  for (const [chart, means] of [
    ['errors', /true error rate/],
    ['latency', /99 of 100 requests/],
  ]) {
    await expect(chartKey(page, chart).locator('dfn').first()).toHaveAttribute('title', means);
  }
});

test('play lets time pass in a pause, until it is stopped', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  await playhead(page).fill('3');
  await button(page, 'Pause').click();
  await expect(moveMessage(page)).toHaveText('minute 3, paused, waits for resume, promote or abort');
  await button(page, 'Play').click();
  await where(page)
    .getByText(/^minute [6-9]$/)
    .waitFor();
  await expect(states(page)).toHaveAttribute('data-present', 'PAUSED');
  await button(page, 'Stop').click();
  await button(page, 'Resume').click();
  await button(page, 'To the end').click();
  await expect(states(page)).toHaveAttribute('data-present', 'COMPLETED');
});

test('a rollout that is paused at its start waits, too', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  await button(page, 'To the start').click();
  await button(page, 'Pause').click();
  await button(page, 'Play').click();
  await where(page)
    .getByText(/^minute [2-9]$/)
    .waitFor();
  await expect(states(page)).toHaveAttribute('data-present', 'PAUSED');
  await button(page, 'Stop').click();
});

test('a wait has a limit, which is said where time stops', async ({ open }) => {
  const page = await open({
    path: 'index.html#v=1&preset=opening&seed=1&config.stages=[{traffic_pct:5,duration_ticks:9}]&config.rules=[]&at=2:pause&tick=1002',
  });
  await expect(where(page)).toHaveText('minute 1,002');
  await button(page, 'Step').click();
  await expect(moveMessage(page)).toHaveText(/has waited for 1,000 minutes, which is the most/);
  await button(page, 'Play').click();
  await expect(moveMessage(page)).toHaveText(/has waited for 1,000 minutes/);
  await expect(button(page, 'Play')).toBeVisible();
});

test('while it plays, the future is not to be seen', async ({ open }) => {
  const page = await open();
  await page.clock.install();
  await show(page, JUDGED);
  await playhead(page).fill('2');
  await expect(marker(page, 4)).toBeVisible();
  await expect(page.locator('.ghost').first()).toBeAttached();
  // From here on time passes only where it is let run, however long the test takes.
  await page.clock.pauseAt(Date.now() + 3_600_000);
  await button(page, 'Play').click();
  await page.clock.runFor(50);
  await button(page, 'Stop').waitFor();
  await expect(page.locator('.ghost')).toHaveCount(0);
  await expect(marker(page, 4)).toHaveCount(0);
});

test('an edit that drops commands says which, until something else is edited', async ({ open }) => {
  const page = await open();
  await show(page, JUDGED);
  await playhead(page).fill('3');
  await button(page, 'Pause').click();
  const limit = page.getByRole('spinbutton', { name: 'Limit', exact: true });
  await limit.fill('4');
  await expect(message(page)).toHaveText('The rollout starts anew. Dropped: pause at minute 3. Undo brings it back.');
  await limit.fill('40');
  await expect(message(page)).toHaveText(/Dropped: pause at minute 3/);
  await button(page, 'Undo').click();
  await expect(states(page)).toHaveAttribute('data-present', 'PAUSED');
});

test('an answer stands beside its control, in sight', async ({ open }) => {
  const page = await open({ context: { viewport: { width: 1366, height: 768 } } });
  await show(page, CALM);
  for (const [name, answer] of [
    ['Advance', moveMessage],
    ['Promote', message],
  ]) {
    const control = button(page, name);
    await control.evaluate((one) => one.click());
    await expect(answer(page)).toHaveText(/COMPLETED/);
    const [at, said] = [await control.boundingBox(), await answer(page).boundingBox()];
    assert.ok(Math.abs(said.y - at.y) < 80 && said.y < 768, `${name} at ${at.y}, its answer at ${said.y}`);
  }
  await button(page, 'To the start').click();
  await button(page, 'Reset').evaluate((one) => one.click());
  await expect(message(page)).toHaveText(/at its start, and has no commands/);
});

test('every way between the states says from where to where, and by what', async ({ open }) => {
  const page = await open();
  const ways = page.locator('#ways').getByRole('listitem');
  const shown = await page.locator('[data-edge]').evaluateAll((all) => all.map((one) => one.dataset.edge));
  const words = await ways.allTextContents();
  assert.equal(words.length, shown.length);
  for (const way of shown) {
    const [from, to] = way.split('>');
    const said = words.find((one) => one.startsWith(`From ${from} to ${to}: `));
    assert.ok(said && said.trim().length > `From ${from} to ${to}: .`.length, way);
  }
  assert.match(
    words.find((one) => one.startsWith('From PAUSED to COMPLETED')),
    /promote in the last stage/,
  );
  // And in sight, at its arrow.
  for (const text of await page.locator('[data-edge]').allTextContents()) assert.notEqual(text.trim(), '');
  await expect(states(page)).toHaveAccessibleDescription(
    /From PROGRESSING to PAUSED: .*From ROLLING_BACK to ROLLED_BACK: /,
  );
  await expect(
    page.getByText('While the rollout is paused, traffic stays at its share and no rule looks.'),
  ).toBeVisible();
});

test('a policy without rules is not said to have let a release through, as it does every time', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  await expect(surprise(page)).toHaveText(
    'This release was fine. The policy has no rule and lets every release through.',
  );
});

test('a long rollout is drawn with no more points than there are pixels', async ({ open }) => {
  const page = await open();
  await show(page, { ...JUDGED, stages: [{ traffic_pct: 50, duration_ticks: 4_000 }] });
  await where(page).getByText('of 4,000').waitFor();
  const points = await page
    .locator('.timeline .past path')
    .evaluateAll((all) => all.map((one) => one.getAttribute('d').match(/[ML]/g)?.length ?? 0));
  const width = await chartOf(page, 'errors').evaluate((one) => one.clientWidth);
  // An interval has an upper and a lower side.
  assert.ok(Math.max(...points) <= 2 * width + 4, `${points} points on ${width} px`);
});
