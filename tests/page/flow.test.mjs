// Requests one can see: every count and mark is the engine's, and nothing moves unasked.
import assert from 'node:assert/strict';
import { new_rollout } from './engine.mjs';
import { expect, expectAccessible, slow, takePicture, test } from './fixtures.ts';
import { BAD, button, CALM, figureOf, flow, playhead, show, where } from './rollout-page.mjs';

/** A release four times as bad that nothing judges. */
const MISSED = {
  name: 'a missed one',
  canary: { error_ratio: 4 },
  stages: [
    { traffic_pct: 1, duration_ticks: 3 },
    { traffic_pct: 50, duration_ticks: 3 },
    { traffic_pct: 100, duration_ticks: 2 },
  ],
};
/** So many failures that a mark for each would have no room. */
const FLOOD = {
  name: 'a flood',
  traffic: { requests_per_second: 20_000 },
  baseline: { error_rate: 0.05 },
  stages: [{ traffic_pct: 50, duration_ticks: 2 }],
};
const ARMS = ['baseline', 'canary'];
const SIZES = { desktop: { width: 640, height: 450 }, phone: { width: 320, height: 640 } };
/** The figure alone, in a page of a course. */
const ALONE = `<!doctype html><html lang="en"><title>A course</title><meta name="viewport" content="width=device-width">
  <script src="dist/canary-rollout.js"></script>
  <main><h1>Week 7</h1><canary-rollout view="flow"></canary-rollout></main>`;
const motion = (page) => flow(page).locator('canvas');
const plain = (text) => text.replace(/\s+/g, ' ').trim();
const told = (n) => n.toLocaleString('en');
const percent = (rate) => `${Number((rate * 100).toPrecision(3))} %`;

/** The engine's rollout up to a tick, with the series so far. */
function upTo(config, tick, seed = 7) {
  const rollout = new_rollout(config, seed);
  while (rollout.ticks < tick) rollout.tick();
  return { series: rollout.series(), report: rollout.report() };
}

const seek = (page, tick) =>
  playhead(page).evaluate((slider, value) => {
    slider.value = value;
    slider.dispatchEvent(new Event('input'));
  }, String(tick));

/** How many marks of a kind a version has. */
const marks = (page, arm, kind) =>
  flow(page)
    .locator(`.plot .version.${arm} .${kind}`)
    .evaluate((path) => path.getAttribute('d')?.match(/M/g)?.length ?? 0);

/** The figure's lines of a version, against the engine's counts of the tick. */
async function assertTick(page, series, tick) {
  const at = (name) => series[name][tick - 1];
  for (const arm of ARMS) {
    const [requests, failed] = [at(`${arm}_requests`), at(`${arm}_errors`)];
    const excess = arm === 'canary' ? at('excess_errors') : 0;
    const pct = arm === 'canary' ? at('traffic_pct') : 100 - at('traffic_pct');
    const lines = (await flow(page).locator(`.version.${arm} text`).allTextContents()).map(plain);
    assert.deepEqual(lines.slice(0, 4), [
      arm,
      `${pct} %, ${told(requests)} request${requests === 1 ? '' : 's'}`,
      `${told(requests - failed)} served`,
      `${told(failed)} failed (${requests > 0 ? percent(failed / requests) : '–'})`,
    ]);
    if (arm === 'canary') assert.equal(lines[4], `${told(excess)} excess error${excess === 1 ? '' : 's'}`);
    assert.equal(await marks(page, arm, 'excess'), excess, `excess errors of the ${arm}`);
    assert.equal(await marks(page, arm, 'failed'), failed - excess, `other failures of the ${arm}`);
    assert.equal(await marks(page, arm, 'served'), Math.ceil((requests - failed) / 100));
  }
  const label = await flow(page).locator('svg[role=img]').getAttribute('aria-label');
  assert.ok(label.startsWith(`Requests in minute ${tick}`), label);
  for (const arm of ARMS) assert.ok(label.includes(`${told(at(`${arm}_errors`))} failed`), label);
}

for (const [config, ticks] of [
  [BAD, [1]],
  [CALM, [1, 4, 5, 8]],
  [MISSED, [8, 7, 4, 3, 1, 6]],
]) {
  test(`${config.name}: counts and a mark for every failure, as the engine has them`, slow, async ({ open }) => {
    const page = await open();
    await show(page, config);
    for (const tick of ticks) {
      await seek(page, tick);
      const { series, report } = upTo(config, tick);
      await assertTick(page, series, tick);
      const { canary, baseline, excess_errors } = report.metrics;
      const all = canary.requests + baseline.requests;
      const figure = async (name) => plain(await figureOf(page, name).innerText());
      assert.equal(
        await figure('exposed'),
        `${told(canary.requests)} of ${told(all)} requests (${percent(canary.requests / all)})`,
      );
      assert.ok((await figure('failed')).startsWith(`${told(canary.errors)}; ${told(excess_errors)} of them`));
      const expected = series.true_requests.reduce(
        (sum, requests, i) =>
          sum + requests * Math.max(0, series.true_canary_error_rate[i] - series.true_baseline_error_rate[i]),
        0,
      );
      const atOnce = await figure('at-once');
      const shown = Number(/about ([\d.,]+) /.exec(atOnce)?.[1].replaceAll(',', '') ?? 0);
      assert.ok(Math.abs(shown - expected) <= expected * 0.005, `${atOnce} for ${expected}`);
    }
  });
}

test('before the first tick there is no request, after the last all go one way', async ({ open }) => {
  const page = await open();
  const shut = async () =>
    (
      await flow(page)
        .locator('.way.shut')
        .evaluateAll((all) => all.map((one) => one.classList[1]))
    ).join();
  for (const [config, loser, winner] of [
    [BAD, 'canary', 'baseline'],
    [MISSED, 'baseline', 'canary'],
  ]) {
    await show(page, config);
    await expect(flow(page)).toHaveText(new RegExp(`, the last[^]*All requests go to the ${winner} now`));
    assert.equal(await shut(), loser);
    await button(page, 'To the start').click();
    assert.match(plain(await flow(page).innerText()), /^Requests No request yet\. 1 % will go to the canary\./);
    assert.equal(await shut(), '');
    for (const arm of ARMS) assert.equal(await marks(page, arm, 'failed'), 0);
  }
});

test('a stream is as wide as its share', async ({ open }) => {
  const page = await open();
  await show(page, MISSED);
  const width = (arm) =>
    page.locator(`.stream.${arm} .edge`).evaluate((edge) => Number(edge.getAttribute('stroke-width')));
  const trunk = await flow(page)
    .locator('.trunk')
    .evaluate((rect) => Number(rect.getAttribute('height')));
  for (const [tick, pct] of [
    [8, 100],
    [5, 50],
    [4, 50],
  ]) {
    await seek(page, tick);
    assert.equal(await width('canary'), (trunk * pct) / 100);
    assert.equal(await width('baseline'), (trunk * (100 - pct)) / 100);
  }
});

test('more failures than there is room for: the key says what a mark stands for', async ({ open }) => {
  const page = await open();
  await show(page, FLOOD);
  const { series } = upTo(FLOOD, 2);
  const per = Number(/up to ([\d,]+) failed/.exec(await flow(page).innerText())[1].replaceAll(',', ''));
  assert.ok(per > 1);
  assert.equal(await marks(page, 'baseline', 'failed'), Math.ceil(series.baseline_errors[1] / per));
});

test('the table has every tick', async ({ open }) => {
  const page = await open();
  await show(page, MISSED);
  await flow(page).locator('summary').click();
  const rows = flow(page).locator('tbody tr');
  const { series } = upTo(MISSED, 8);
  await rows.nth(7).waitFor();
  await expect(rows).toHaveCount(8);
  const cells = await rows.nth(4).locator('td').allTextContents();
  assert.deepEqual(
    cells,
    ['baseline_requests', 'baseline_errors', 'canary_requests', 'canary_errors', 'excess_errors'].map((name) =>
      told(series[name][4]),
    ),
  );
});

/** Plays a long rollout with the figure in sight. */
async function play(page) {
  await show(page, { ...CALM, stages: [{ traffic_pct: 5, duration_ticks: 2000 }] });
  await where(page).filter({ hasText: 'of 2,000' }).waitFor();
  await button(page, 'Play again').evaluate((one) => one.click());
  await flow(page).locator('.plot').scrollIntoViewIfNeeded();
}

test('requests move while the rollout plays, and rest with it and out of sight', async ({ open }) => {
  const page = await open();
  await play(page);
  await motion(page).waitFor({ state: 'visible' });
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.setViewportSize({ width: 1280, height: 200 });
  await motion(page).waitFor({ state: 'hidden' });
  await page.setViewportSize({ width: 1280, height: 900 });
  await flow(page).locator('.plot').scrollIntoViewIfNeeded();
  await motion(page).waitFor({ state: 'visible' });
  await button(page, 'Stop').evaluate((one) => one.click());
  await motion(page).waitFor({ state: 'hidden' });
});

test('who asked for less motion sees the counts change and nothing move', async ({ open }) => {
  const page = await open({ context: { reducedMotion: 'reduce' } });
  await play(page);
  await flow(page)
    .getByText(/Requests in minute [2-9]/)
    .waitFor();
  await expect(motion(page)).toBeHidden();
  const animations = await page
    .locator('canary-rollout')
    .evaluate((element) => element.shadowRoot.getAnimations().length);
  assert.equal(animations, 0);
});

test('ladder and states move with the playhead', async ({ open }) => {
  const page = await open();
  await show(page, MISSED);
  const ran = (i) =>
    page
      .locator('.pie .ran')
      .nth(i)
      .evaluate((circle) => parseFloat(circle.style.strokeDasharray));
  await seek(page, 5);
  assert.deepEqual(
    [await ran(0), await ran(1), await ran(2)].map((x) => Math.round(x * 3)),
    [3, 2, 0],
  );
  // What begins with this move is still pending in its task; what the moves before began is not.
  await page
    .locator('canary-rollout')
    .evaluate(({ shadowRoot }) => Promise.all(shadowRoot.getAnimations().map(({ ready }) => ready)));
  const moving = await page.locator('canary-rollout').evaluate((element) => {
    const slider = element.shadowRoot.querySelector('.playhead-slider');
    slider.value = '8';
    slider.dispatchEvent(new Event('input'));
    return element.shadowRoot
      .getAnimations()
      .filter(({ pending }) => pending)
      .map(({ effect }) => effect.target.closest('.node, .state-machine .edge')?.getAttribute('class'))
      .filter(Boolean);
  });
  assert.deepEqual(moving.sort(), ['edge lit', 'node lit']);
});

for (const colorScheme of ['light', 'dark']) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(
      `the view alone is accessible and nothing is beside the screen: ${size}, ${colorScheme}`,
      slow,
      async ({ open }) => {
        const page = await open({ html: ALONE, context: { viewport, colorScheme } });
        await show(page, MISSED);
        await seek(page, 5);
        await expectAccessible(page);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= viewport.width, `${wide} px`);
        const over = await flow(page)
          .locator('svg[role=img] text')
          .evaluateAll((all) => {
            const right = all[0].ownerSVGElement.getBoundingClientRect().right;
            return all.filter((text) => text.getBoundingClientRect().right > right).map((text) => text.textContent);
          });
        assert.deepEqual(over, []);
        await takePicture(page, `view-flow-${size}-${colorScheme}`);
      },
    );
  }
}
