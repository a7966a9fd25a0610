// What the policy does over many rollouts: run beside the page, and told as the engine tells it.
import assert from 'node:assert/strict';
import { preset, studyOf } from './engine.mjs';
import { expect, slow, test } from './fixtures.ts';
import {
  BAD,
  button,
  CALM,
  curve,
  curveRows,
  effects,
  figure,
  figureOf,
  headline,
  json,
  outcome,
  policyCard,
  show,
  squares,
  studied,
  study,
  studyMessage,
  surprise,
  wallCaptions,
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

test('the study runs in a worker, and its figures are the engine’s', async ({ open }) => {
  const page = await open();
  await studied(page);
  assert.equal(page.workers().length, 1);
  await assertShown(page, studyOf(preset('opening'), { ...BESIDE, runs: 2000, seed: 100 }));
});

test('a bad release is studied as it is', async ({ open }) => {
  const page = await open();
  await show(page, WORSE, 1234);
  await studied(page);
  await assertShown(page, studyOf(WORSE, { runs: 2000, seed: 1200 }));
  const text = plain(await effects(page).innerText());
  assert.match(text, /1\.5 times the errors/);
  assert.match(text, /2,000 runs, 95 % intervals of the simulation: \d[\d.]* to [\d.]+ % and /);
});

test('the curve and the card compare two policies, with a table behind', async ({ open }) => {
  const page = await open();
  await studied(page);
  const rules = [{ rule: 'sequential', alpha: 0.05 }];
  const { report } = studyOf(preset('opening'), {
    ...BESIDE,
    runs: 2000,
    seed: 100,
    sweep: { field: 'error_ratio', values: RATIOS },
    policies: [{ policy: { rules } }],
  });
  await curve(page).getByText('Figures').click();
  const rows = await curveRows(page).allInnerTexts();
  assert.equal(rows.length, RATIOS.length);
  const shown = (p) =>
    `${Number((p.estimate * 100).toFixed(1))
      .toPrecision(3)
      .replace(/\.?0+$/, '')} %`;
  for (const [i, { policies }] of report.sweep.points.entries()) {
    for (const { p_rollback } of policies) {
      const value = p_rollback.estimate === 1 ? '100 %' : p_rollback.estimate === 0 ? '0 %' : shown(p_rollback);
      assert.ok(plain(rows[i]).includes(value), `${value} in ${rows[i]}`);
    }
  }
  const card = plain(await policyCard(page).locator('tbody').innerText());
  const { p50 } = report.policies[0].release.ticks_to_rollback;
  assert.ok(card.includes(`half within ${p50} minutes`), card);
  const whiskers = await curve(page).locator('.whisker').count();
  assert.equal(whiskers, 2 * RATIOS.length);
  await page.getByRole('combobox', { name: 'Compare with' }).selectOption('once');
  await studied(page);
  await expect(curve(page).locator('.key')).toHaveText(/look once a stage/);
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
        <canary-rollout preset="opening" seed="192"></canary-rollout>`,
      expectedErrors,
    });
    await studied(page);
    assert.equal(page.workers().length, 0);
    await assertShown(page, studyOf(preset('opening'), { ...BESIDE, runs: 2000, seed: 100 }));
    await button(page, '100,000 runs').click();
    await study(page).getByRole('progressbar').waitFor();
    await button(study(page), 'Cancel').click();
    await page.getByText('Cancelled: what is shown is partial').waitFor();
  });
}

test('it runs in a sandboxed frame', async ({ open }) => {
  const page = await open({
    html: '<!doctype html><title>A course</title><iframe sandbox="allow-scripts" src="index.html"></iframe>',
  });
  await studied(page.frameLocator('iframe'));
});

test('100,000 runs show their progress; cancelled, the finished prefix stays', async ({ open }) => {
  const page = await open();
  await studied(page);
  await button(page, '100,000 runs').click();
  const bar = study(page).getByRole('progressbar');
  await page.waitForFunction(
    () => document.querySelector('canary-rollout').shadowRoot.querySelector('progress').value > 2000,
  );
  await expect(bar).toHaveAttribute('max', '100000');
  await button(study(page), 'Cancel').click();
  await study(page).getByText('Cancelled: what is shown is partial').waitFor();
  await expect(effects(page)).toHaveAttribute('data-partial', 'true');
  const runs = Number(await effects(page).getAttribute('data-runs'));
  assert.ok(runs > 2000 && runs < 100_000, String(runs));
  await assertShown(page, studyOf(preset('opening'), { ...BESIDE, runs, seed: 100 }));
  await expect(button(page, '100,000 runs')).toBeVisible();
});

test('a click on a square opens that rollout, healthy or bad', async ({ open }) => {
  const page = await open();
  await studied(page);
  const { healthy } = studyOf(preset('opening'), { ...BESIDE, runs: 100, seed: 100 });
  const wanted = healthy.end.indexOf(1);
  await squares(page, 'Healthy releases').nth(wanted).click();
  assert.equal(await page.locator('canary-rollout').evaluate((element) => element.seed), 100 + wanted);
  await expect(outcome(page)).toHaveAttribute('data-outcome', 'false_rollback');
  assert.match(plain(await headline(page).innerText()), new RegExp(`minute ${healthy.ticks[wanted]},`));
  await expect(squares(page, 'Healthy releases').nth(wanted)).toHaveAttribute('aria-current', 'true');
  await squares(page, 'Bad releases').nth(7).click();
  assert.equal(await page.locator('canary-rollout').evaluate((element) => element.seed), 107);
  assert.equal((await json(page)).canary.error_ratio, 1.5);
  await squares(page, 'Healthy releases').nth(8).click();
  assert.equal((await json(page)).canary, undefined);
});

test('the walls are walked and opened by keyboard', async ({ open }) => {
  const page = await open();
  await studied(page);
  await squares(page, 'Healthy releases').first().focus();
  for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowLeft']) await page.keyboard.press(key);
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('canary-rollout').evaluate((element) => element.seed), 121);
  const reachable = await squares(page, 'Healthy releases').evaluateAll(
    (all) => all.filter((one) => one.tabIndex === 0).length,
  );
  assert.equal(reachable, 1);
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
  await show(page, CALM);
  assert.equal(await told(), 'This release was fine. The policy let it through, as it does in all of 2,000 runs.');
  await show(page, { ...CALM, canary: { error_ratio: 2 } });
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
  assert.deepEqual((await json(page)).rules, [
    { rule: 'error_rate_delta', max: 0.02, stages: [1, 2] },
    { rule: 'error_rate_delta', max: 0.01, stages: [3, 4] },
  ]);
  await studied(page);
  assert.ok((await figure(page, 'false_rollback')) < thrownAway);
  await button(page, 'Let the evidence decide').click();
  const { rules, ...world } = await json(page);
  assert.deepEqual(rules, [{ rule: 'sequential', alpha: 0.05 }]);
  const { rules: _, ...before } = opening;
  assert.deepEqual(world, before);
  assert.equal(await page.locator('canary-rollout').evaluate((element) => element.seed), 192);
  await studied(page);
  assert.ok((await figure(page, 'false_rollback')) < 0.05);
  await squares(page, 'Bad releases').first().click();
  await button(page, 'As it was').click();
  assert.deepEqual(await json(page), { ...opening, canary: { error_ratio: 1.5 } });
  await expect(button(page, 'As it was')).toBeHidden();
});

test('a release that starts cold is studied as it is, beside a bad one', async ({ open }) => {
  const page = await open();
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
  // What the headline says of this rollout and how often it says so agree.
  assert.match(plain(await surprise(page).innerText()), /^This release was fine\..*, as it does .*\.$/);
  assert.match(plain(await effects(page).innerText()), /like the one on screen/);
  await expect(squares(page, 'Healthy releases').nth(8)).toHaveAttribute('aria-current', 'true');
  await squares(page, 'Healthy releases').nth(9).click();
  assert.deepEqual((await json(page)).canary, cold.canary);
  await squares(page, 'Bad releases').nth(1).click();
  assert.deepEqual((await json(page)).canary, { error_ratio: 1.5 });
});

test('runs that wait for a person are marked, counted and named', async ({ open }) => {
  const page = await open();
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
  const { report, healthy } = studyOf(gated, { runs: 2000, seed: 100 });
  assert.ok(report.healthy.p_waiting.estimate > 0.1);
  const waiting = [...healthy.end.slice(0, 100)].filter((end) => end === 2).length;
  const caption = wallCaptions(page).first();
  assert.match(plain(await caption.innerText()), new RegExp(`${waiting} wait for a person`));
  await expect(caption.locator('.square.waiting')).toHaveCount(1);
  const percent = `${Number((report.healthy.p_waiting.estimate * 100).toFixed(1))} %`;
  assert.ok(plain(await figureOf(page, 'false_rollback').innerText()).includes(percent));
  const row = plain(await policyCard(page).locator('[data-row=waiting]').innerText());
  assert.ok(row.includes(`${percent} of healthy releases`), row);
  await show(page, WORSE, 192);
  await studied(page);
  await expect(policyCard(page).locator('[data-row=waiting]')).toHaveCount(0);
  await expect(wallKeys(page)).toHaveCount(0);
});

test('where the baseline never fails no ratio of errors is a bad release', async ({ open }) => {
  const page = await open();
  await show(page, { ...WORSE, baseline: { error_rate: 0 }, canary: { error_ratio: 100 } }, 192);
  await studied(page);
  assert.match(plain(await surprise(page).innerText()), /^This release was fine\. The policy let it through/);
  assert.match(plain(await effects(page).innerText()), /there is none, for the baseline never fails/);
  await expect(squares(page, 'Bad releases').and(page.locator('.unknown'))).toHaveCount(100);
});

test('where a plan leaves no baseline, evidence is not offered, and this policy is studied alone', async ({ open }) => {
  const page = await open();
  await show(page, JSON.parse(preset('all-at-once')));
  await expect(button(page, 'Let the evidence decide')).toBeDisabled();
  await expect(effects(page)).toHaveAttribute('data-runs', /^(100|2000)$/);
  await expect(curve(page).locator('.key-entry')).toHaveCount(1);
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

/** A page whose workers can be made deaf: what they are told from then on is lost. */
const DEAF = `<!doctype html><html lang="en"><title>A course</title><script>
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
  </script><script src="dist/canary-rollout.js"></script><canary-rollout preset="opening" seed="192"></canary-rollout>`;

test('a worker that is deaf to a new study is ended, and another one runs it', async ({ open }) => {
  const page = await open({ html: DEAF });
  await studied(page);
  await page.evaluate(() => (window.deafTo = 'start'));
  await show(page, WORSE, 1234);
  await page.waitForFunction(() => window.ended === 1);
  await page.evaluate(() => (window.deafTo = ''));
  await studied(page);
  await assertShown(page, studyOf(WORSE, { runs: 2000, seed: 1200 }));
  await expect.poll(() => page.workers().length).toBe(1);
});

test('a worker that is deaf to Cancel is ended, and what was found stays', async ({ open }) => {
  const page = await open({ html: DEAF });
  await studied(page);
  await page.evaluate(() => (window.deafTo = 'cancel'));
  await button(page, '100,000 runs').click();
  await button(study(page), 'Cancel').click();
  await study(page).getByText('Cancelled: what is shown is what was found before.').waitFor();
  assert.equal(await page.evaluate(() => window.ended), 1);
  await page.evaluate(() => (window.deafTo = ''));
  await button(page, '100,000 runs').click();
  await page.waitForFunction(
    () => document.querySelector('canary-rollout').shadowRoot.querySelector('progress').value > 2000,
  );
  await button(study(page), 'Cancel').click();
  await study(page).getByText('Cancelled: what is shown is partial').waitFor();
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
  assert.equal(page.workers().length, 1);
});
