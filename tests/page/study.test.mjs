// What the policy does over many rollouts: run beside the page, and told as the engine tells it.
import assert from 'node:assert/strict';
import { preset, studyOf } from './engine.mjs';
import { expect, slow, test } from './fixtures.ts';
import {
  BAD,
  button,
  CALM,
  comparison,
  curve,
  curveRows,
  effects,
  figure,
  figureOf,
  goTo,
  headline,
  limitGrip,
  MEASURE,
  outcome,
  show,
  simulateMany,
  squares,
  studied,
  studyMessage,
  surprise,
  wallKeys,
} from './rollout-page.mjs';

const plain = (text) => text.replace(/\s+/g, ' ').trim();

/** The world of a healthy release with a bad one beside it, as the page says. */
const BESIDE = { set: [{ field: 'canary.error_ratio', value: 1.5 }] };
const RATIOS = [1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5];

/** A policy of errors alone on a release three times as bad. */
const WORSE = {
  ...JSON.parse(preset('opening')),
  name: 'worse',
  canary: { error_ratio: 1.5 },
};

/** Fails unless the page shows what this study finds. */
async function assertShown(page, { report, healthy, release }) {
  assert.equal(await figure(page, 'false_rollback'), report.healthy.p_rollback.estimate);
  assert.equal(await figure(page, 'missed_regression'), report.release.p_completed.estimate);
  for (const [name, runs, harm] of [
    ['Healthy releases', healthy, 1],
    ['Bad releases', release, 0],
  ]) {
    const shown = await squares(page, name).evaluateAll((all) => all.map((one) => one.classList.contains('harm')));
    assert.deepEqual(
      shown,
      [...runs.end.slice(0, 100)].map((end) => end === harm),
      name,
    );
  }
}

const element = (page) => page.locator('canary-rollout');
const configOf = (page) => element(page).evaluate(({ config }) => config);
const seedOf = (page) => element(page).evaluate(({ seed }) => seed);

/** A page on a machine with so many cores. */
const onCores = (cores) => `<!doctype html><html lang="en"><title>A course</title>
  <script>Object.defineProperty(navigator, 'hardwareConcurrency', { value: ${cores} });</script>
  <script src="dist/canary-rollout.js" defer></script>
  <canary-rollout preset="opening" seed="192" place="measure"></canary-rollout>`;

for (const [cores, workers] of [
  [1, 1],
  [2, 1],
  [4, 3],
  [16, 4],
]) {
  test(`on ${cores} cores the study runs in ${workers} workers, and its figures are the engine’s`, async ({ open }) => {
    const page = await open({ html: onCores(cores) });
    await studied(page);
    await expect.poll(() => page.workers().length).toBe(workers);
    // Once more, with all the workers that there are.
    await show(page, WORSE, 1234);
    await studied(page);
    await assertShown(page, studyOf(WORSE, { runs: 2000, seed: 1200 }));
    await curve(page).getByText('The curve as a table').click();
    const { points } = studyOf(WORSE, {
      runs: 2000,
      seed: 1200,
      sweep: { field: 'error_ratio', values: RATIOS },
      policies: [{ policy: { rules: [{ rule: 'sequential', alpha: 0.05 }] } }],
    }).report.sweep;
    const shown = await curveRows(page).evaluateAll((rows) =>
      rows.map(({ cells }) => [1, 3].map((i) => Number.parseFloat(cells[i].textContent) / 100)),
    );
    assert.equal(shown.length, RATIOS.length);
    for (const [i, { policies }] of points.entries())
      for (const [j, { p_rollback }] of policies.entries())
        assert.ok(Math.abs(shown[i][j] - p_rollback.estimate) <= 0.00051, `${RATIOS[i]}: ${shown[i]}`);
    // What the two policies have in common stands in one part of the study.
    await comparison(page).getByText('All figures of both').click();
    await expect(comparison(page).locator('[data-row=false_rollback]')).toHaveText(/points beside A/);
  });
}

test('a bad release is studied as it is', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await show(page, WORSE, 1234);
  await studied(page);
  await assertShown(page, studyOf(WORSE, { runs: 2000, seed: 1200 }));
  await expect(effects(page)).toHaveText(/bad releases are missed \(1\.5 times the errors\)/);
});

test('walls and study agree in words, and say how sure they are', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  const { report, healthy } = studyOf(preset('opening'), { ...BESIDE, runs: 2000, seed: 100 });
  const thrownAway = [...healthy.end.slice(0, 100)].filter((end) => end === 1).length;
  const { estimate, low, high } = report.healthy.p_rollback;
  const [here, about, from, to] = [
    thrownAway,
    Math.round(estimate * 100),
    ...[low, high].map((p) => +(p * 100).toFixed(1)),
  ];
  const words = plain(await figureOf(page, 'false_rollback').innerText());
  assert.equal(
    words,
    `about ${about} of 100 healthy releases are thrown away in the long run (between ${from} and ${to}, from 2,000 rollouts)`,
  );
  await expect(wallKeys(page).first()).toHaveText(new RegExp(`^\\s*${here} of these 100 thrown away\\s*$`));
  await goTo(page, 'Watch');
  assert.equal(
    plain(await figureOf(page, 'false_rollback').innerText()),
    `${here} of 100 thrown away here; about ${about} of 100 in the long run (between ${from} and ${to}, from 2,000 rollouts).`,
  );
  await button(page, 'Measure this policy').click();
  await expect(page.getByRole('tab', { name: 'Measure' })).toHaveAttribute('aria-selected', 'true');
});

test('at first there is one figure per question, seven at most, on two screens', async ({ open }) => {
  const page = await open({ path: MEASURE, context: { viewport: { width: 1366, height: 768 } } });
  await studied(page);
  const names = await page
    .locator('[data-figure]:visible')
    .evaluateAll((all) => all.map((one) => one.getAttribute('data-figure')));
  assert.deepEqual(names, [
    'false_rollback',
    'missed_regression',
    'excess_errors',
    'ticks_to_rollback',
    'duration_ticks',
    'caught_from',
  ]);
  assert.deepEqual(
    await page.locator('.measure details').evaluateAll((all) => all.filter(({ open }) => open).length),
    0,
  );
  const { y, height } = await effects(page).boundingBox();
  assert.ok(y + height <= 768, `the figures end at ${y + height}`);
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  assert.ok(whole <= 2 * 768, `${whole} pixels`);
});

test('the policy to compare with is chosen, and stands in the key', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  assert.equal(await curve(page).locator('.whisker').count(), 2 * RATIOS.length);
  await page.getByRole('combobox', { name: 'Compare with' }).selectOption('once');
  await studied(page);
  await expect(curve(page).locator('.key')).toHaveText(/look once a stage/);
  await expect(comparison(page).locator('.difference')).toHaveText(/^B, look once a stage, throws away fewer healthy/);
});

/** Pages where no worker starts: how it is refused, and what the browser says of it. */
const REFUSALS = {
  'by an exception': {
    head: '<script>window.Worker = class { constructor() { throw new Error("no"); } };</script>',
  },
  'by a content security policy': {
    head: `<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'">`,
    expectedErrors: [/Content Security Policy/i],
  },
  'by silence': {
    head: '<script>window.Worker = class extends EventTarget { postMessage() {} terminate() {} };</script>',
  },
};

for (const [how, { head, expectedErrors }] of Object.entries(REFUSALS)) {
  test(`where a worker is refused ${how}, the page runs the study itself, in short chunks`, slow, async ({ open }) => {
    const page = await open({
      html: `<!doctype html><html lang="en"><title>A course</title>${head}
        <script src="dist/canary-rollout.js" defer></script>
        <canary-rollout preset="opening" seed="192" place="measure"></canary-rollout>`,
      expectedErrors,
    });
    await studied(page);
    assert.equal(page.workers().length, 0);
    await assertShown(page, studyOf(preset('opening'), { ...BESIDE, runs: 2000, seed: 100 }));
    await simulateMany(page).click();
    await effects(page).getByRole('progressbar').waitFor();
    await button(effects(page), 'Cancel').click();
    await expect(studyMessage(page)).toHaveText(/^Cancelled/);
  });
}

test('it runs in a sandboxed frame', async ({ open }) => {
  const page = await open({
    html: '<!doctype html><title>A course</title><iframe sandbox="allow-scripts" src="index.html"></iframe>',
  });
  await studied(page.frameLocator('iframe'));
});

test('100,000 rollouts show their progress; cancelled, what was found stays', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  await simulateMany(page).click();
  const bar = effects(page).getByRole('progressbar');
  await expect(bar).toHaveAttribute('max', '100000');
  await page.locator('.effects[data-partial="true"]:visible:not([data-runs="100"])').waitFor();
  await button(effects(page), 'Cancel').click();
  const runs = Number(await effects(page).getAttribute('data-runs'));
  assert.ok(runs >= 2000 && runs < 100_000, String(runs));
  await expect(studyMessage(page)).toHaveText(
    `Cancelled: what is shown is partial, the first ${runs.toLocaleString('en')} of 100,000 rollouts.`,
  );
  await assertShown(page, studyOf(preset('opening'), { ...BESIDE, runs, seed: 100 }));
  await expect(simulateMany(page)).toBeVisible();
  await expect.poll(() => page.workers().length).toBe(0);
});

test('a click on a square opens that rollout, healthy or bad', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  const { healthy } = studyOf(preset('opening'), { ...BESIDE, runs: 100, seed: 100 });
  const wanted = healthy.end.indexOf(1);
  await squares(page, 'Healthy releases').nth(wanted).click();
  assert.equal(await seedOf(page), 100 + wanted);
  await expect(outcome(page)).toHaveAttribute('data-outcome', 'false_rollback');
  assert.match(plain(await headline(page).innerText()), new RegExp(`minute ${healthy.ticks[wanted]},`));
  // In Watch the wall is of releases like the one on screen.
  await expect(squares(page, 'Healthy releases').nth(wanted)).toHaveAttribute('aria-current', 'true');
  await expect(squares(page, 'Bad releases')).toHaveCount(0);
  await goTo(page, 'Measure');
  await expect(squares(page, 'Healthy releases').nth(wanted)).toHaveAttribute('aria-current', 'true');
  await squares(page, 'Bad releases').nth(7).click();
  assert.equal(await seedOf(page), 107);
  assert.equal((await configOf(page)).canary.error_ratio, 1.5);
  await expect(squares(page, 'Bad releases').nth(7)).toHaveAttribute('aria-current', 'true');
  await goTo(page, 'Measure');
  await squares(page, 'Healthy releases').nth(8).click();
  assert.equal((await configOf(page)).canary, undefined);
});

test('the walls are walked and opened by keyboard', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  await squares(page, 'Healthy releases').first().focus();
  for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowLeft']) await page.keyboard.press(key);
  const reachable = await squares(page, 'Healthy releases').evaluateAll((all) =>
    all.flatMap((one, i) => (one.tabIndex === 0 ? [i] : [])),
  );
  assert.deepEqual(reachable, [21]);
  await page.keyboard.press('Enter');
  assert.equal(await seedOf(page), 121);
});

test('the headline tells the outcome and how often this policy does so', async ({ open }) => {
  const page = await open();
  const told = async () => {
    await studied(page);
    return plain(await surprise(page).innerText());
  };
  assert.equal(await told(), 'This release was fine. The policy threw it away, as it does 1 in 5.');
  await show(page, BAD);
  assert.equal(await told(), 'This release was bad. The policy caught it, as it does in all of 2,000 runs.');
  const lenient = { ...CALM, rules: [{ rule: 'error_rate_delta', max: 0.5 }] };
  await show(page, lenient);
  assert.equal(await told(), 'This release was fine. The policy let it through, as it does in all of 2,000 runs.');
  await show(page, { ...lenient, canary: { error_ratio: 2 } });
  assert.equal(await told(), 'This release was bad. The policy let it through, as it does in all of 2,000 runs.');
  await page.getByRole('slider', { name: 'Playhead' }).fill('2');
  assert.equal(plain(await surprise(page).innerText()), 'This release is bad. Nothing is decided yet.');
  await button(page, 'Abort').click();
  assert.equal(await told(), 'This release was bad. With a person’s help it was caught.');
});

test('two buttons change the policy and keep world and seed', async ({ open }) => {
  const page = await open();
  const opening = JSON.parse(preset('opening'));
  await studied(page);
  const thrownAway = await figure(page, 'false_rollback');
  await button(page, 'Look once a stage').click();
  await expect(button(page, 'Look once a stage')).toHaveAttribute('aria-pressed', 'true');
  assert.deepEqual((await configOf(page)).rules, [
    { rule: 'error_rate_delta', max: 0.02, stages: [1, 2] },
    { rule: 'error_rate_delta', max: 0.01, stages: [3, 4] },
  ]);
  await studied(page);
  assert.ok((await figure(page, 'false_rollback')) < thrownAway);
  await button(page, 'Let the evidence decide').click();
  const { rules, ...world } = await configOf(page);
  assert.deepEqual(rules, [{ rule: 'sequential', alpha: 0.05 }]);
  const { rules: _, ...before } = opening;
  assert.deepEqual(world, before);
  assert.equal(await seedOf(page), 192);
  await studied(page);
  assert.ok((await figure(page, 'false_rollback')) < 0.05);
  await goTo(page, 'Measure');
  await squares(page, 'Bad releases').first().click();
  await button(page, 'As it was').click();
  assert.deepEqual(await configOf(page), { ...opening, canary: { error_ratio: 1.5 } });
  await expect(button(page, 'As it was')).toBeHidden();
});

test('a release that starts cold is studied as it is, beside a bad one', async ({ open }) => {
  const page = await open({ path: MEASURE });
  const cold = JSON.parse(preset('opening'));
  cold.canary = { error_ratio: 1.8, error_arrival: { cold_start: { half_life_ticks: 2 } } };
  await show(page, cold, 108);
  await studied(page);
  const own = studyOf(cold, { runs: 2000, seed: 100 });
  const bad = studyOf(preset('opening'), { ...BESIDE, runs: 2000, seed: 100 });
  assert.ok(own.report.false_rollback.estimate > 2 * bad.report.healthy.p_rollback.estimate);
  await assertShown(page, {
    report: { healthy: own.report.release, release: bad.report.release },
    healthy: own.release,
    release: bad.release,
  });
  assert.match(plain(await effects(page).innerText()), /like the one on screen/);
  await expect(squares(page, 'Healthy releases').nth(8)).toHaveAttribute('aria-current', 'true');
  await squares(page, 'Healthy releases').nth(9).click();
  assert.deepEqual((await configOf(page)).canary, cold.canary);
  // What the headline says of this rollout and how often it says so agree.
  await expect(surprise(page)).toHaveText(/^\s*This release was fine\..*, as it does .*\.\s*$/s);
  await goTo(page, 'Measure');
  await squares(page, 'Bad releases').nth(1).click();
  assert.deepEqual((await configOf(page)).canary, { error_ratio: 1.5 });
});

test('rollouts that wait for a person are marked, counted and named', async ({ open }) => {
  const page = await open({ path: MEASURE });
  const gated = {
    ...WORSE,
    stages: [
      { traffic_pct: 10, duration_ticks: 3, pause: 'manual' },
      { traffic_pct: 50, duration_ticks: 3 },
    ],
    rules: [{ rule: 'error_rate', max: 0.02 }],
  };
  await show(page, gated, 192);
  await studied(page);
  const { report, release } = studyOf(gated, { runs: 2000, seed: 100 });
  assert.equal(report.release.p_completed.estimate, 0);
  assert.ok(report.release.p_waiting.estimate > 0.9);
  const waiting = [...release.end.slice(0, 100)].filter((end) => end === 2).length;
  const key = wallKeys(page).nth(1);
  assert.match(plain(await key.innerText()), new RegExp(`${waiting} wait for a person to decide`));
  await expect(key.locator('.square.waiting')).toHaveCount(1);
  const words = plain(await figureOf(page, 'missed_regression').innerText());
  assert.match(words, /^none of 2,000 bad releases are missed .* about [\d.]+ of 100 wait for a person, undecided$/);
  await comparison(page).getByText('All figures of both').click();
  const percent = `${Number((report.release.p_waiting.estimate * 100).toFixed(1))} %`;
  const row = plain(await comparison(page).locator('[data-row=waiting]').innerText());
  assert.ok(row.includes(`${percent} of bad ones`), row);
  await goTo(page, 'Watch');
  await expect(wallKeys(page)).toHaveText(new RegExp(`${waiting} wait for a person to decide`));
  await show(page, WORSE, 192);
  await studied(page);
  await expect(wallKeys(page)).toHaveCount(0);
  await goTo(page, 'Measure');
  await expect(comparison(page).locator('[data-row=waiting]')).toHaveCount(0);
});

test('where the baseline never fails no ratio of errors is a bad release', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await show(page, { ...WORSE, baseline: { error_rate: 0 }, canary: { error_ratio: 100 } }, 192);
  await studied(page);
  await expect(effects(page)).toHaveText(/there are none, for the baseline never fails/);
  await expect(squares(page, 'Bad releases').and(page.locator('.unknown'))).toHaveCount(100);
  await goTo(page, 'Watch');
  await expect(surprise(page)).toHaveText(/This release was fine\. The policy let it through/);
});

test('where a plan leaves no baseline, evidence is not offered, and this policy is studied alone', async ({ open }) => {
  const page = await open();
  await show(page, JSON.parse(preset('all-at-once')));
  await expect(button(page, 'Let the evidence decide')).toBeDisabled();
  await goTo(page, 'Measure');
  await expect(effects(page)).toHaveAttribute('data-runs', /^(100|2000)$/);
  await expect(curve(page).locator('.key-entry')).toHaveCount(1);
  await expect(comparison(page).locator('.difference')).toHaveText(/no baseline is left to compare with/);
  await expect(studyMessage(page)).toHaveText('');
});

test('while nobody does anything, more runs make the intervals narrower', async ({ open }) => {
  const page = await open();
  await studied(page);
  // They follow only where they take little time: here no time passes.
  await page.evaluate(() => (performance.now = () => 0));
  await show(page, CALM);
  await studied(page);
  await page.waitForFunction(() => window.whenIdle.length > 0);
  await page.evaluate(() => window.whenIdle.pop()());
  await studied(page, 10_000);
});

test('while the limit is dragged the wall follows, and says how few rollouts it knows', async ({ open }) => {
  const page = await open();
  await studied(page);
  const before = await figure(page, 'false_rollback');
  await limitGrip(page).hover();
  const box = await limitGrip(page).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y - 40, { steps: 4 });
  await expect(effects(page)).toHaveAttribute('data-runs', '100');
  await expect(figureOf(page, 'false_rollback')).toHaveText(/from 100 rollouts|none of 100/);
  assert.notEqual(await figure(page, 'false_rollback'), before);
  await page.mouse.up();
  await studied(page);
  await expect(figureOf(page, 'false_rollback')).toHaveText(/from 2,000 rollouts|none of 2,000/);
});

/** A page with one worker for studies that can be made deaf: what it is sent from then on is lost. */
const DEAF = `<!doctype html><html lang="en"><title>A course</title><script>
    Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 });
    const Hearing = window.Worker;
    window.ended = 0;
    window.Worker = class extends Hearing {
      postMessage(message) {
        this.isDeaf ||= message.kind === window.deafTo;
        if (!this.isDeaf) super.postMessage(message);
      }
      terminate() {
        window.ended += 1;
        super.terminate();
      }
    };
  </script><script src="dist/canary-rollout.js"></script>
  <canary-rollout preset="opening" seed="192" place="measure"></canary-rollout>`;

test('a worker that is deaf to a new study is ended, and another one runs it', async ({ open }) => {
  const page = await open({ html: DEAF });
  await studied(page);
  await page.evaluate(() => (window.deafTo = 'start'));
  await show(page, WORSE, 1234);
  await page.waitForFunction(() => window.ended > 0);
  await page.evaluate(() => (window.deafTo = ''));
  await studied(page);
  await assertShown(page, studyOf(WORSE, { runs: 2000, seed: 1200 }));
  await expect.poll(() => page.workers().length).toBe(1);
});

test('cancelled before anything is found, the study says so, and what was known stays', async ({ open }) => {
  const page = await open({ html: DEAF });
  await studied(page);
  await page.evaluate(() => (window.deafTo = 'start'));
  await simulateMany(page).click();
  await button(effects(page), 'Cancel').click();
  await expect(studyMessage(page)).toHaveText('Cancelled before anything was found.');
  await page.evaluate(() => (window.deafTo = ''));
  await assertShown(page, studyOf(preset('opening'), { ...BESIDE, runs: 2000, seed: 100 }));
  await simulateMany(page).click();
  await page.locator('.effects[data-partial="true"]:visible').waitFor();
});

test('removed, the element leaves no worker behind; added again, it studies on', async ({ open }) => {
  const page = await open();
  await studied(page);
  await page.evaluate(() => {
    window.kept = document.querySelector('canary-rollout');
    window.kept.remove();
  });
  await expect.poll(() => page.workers().length).toBe(0);
  await page.evaluate(() => {
    document.querySelector('main').append(window.kept);
    window.kept.config = { stages: [{ traffic_pct: 10 }], rules: [{ rule: 'error_rate', max: 0 }] };
  });
  await expect(figureOf(page, 'false_rollback')).toHaveAttribute('data-estimate', '1');
  assert.ok(page.workers().length > 0);
});
