// The policy card and its curves: every figure is the engine's, or follows from the engine's by hand.
import assert from 'node:assert/strict';
import { between, of100 } from '../../www/src/base/chance.ts';
import { caughtFrom } from '../../www/src/study/findings.ts';
import { preset, studyOf } from './engine.mjs';
import { expect, expectAccessible, test } from './fixtures.ts';
import {
  allFigures,
  comparison,
  curve,
  curveLabels,
  curveRows,
  falseAlarmSentence,
  MEASURE,
  missedMarks,
  show,
  simulateMany,
  studied,
  study,
  studyMessage,
} from './rollout-page.mjs';

const plain = (text) => text.replace(/\s+/g, ' ').trim();

const OPENING = JSON.parse(preset('opening'));
const EVIDENCE = { rules: [{ rule: 'sequential', alpha: 0.05 }] };
const BAD = [{ field: 'canary.error_ratio', value: 1.5 }];
const RATIOS = [1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5];
/** Requests per second around the 170 of the preset. */
const TRAFFICS = [17, 37, 79, 170, 370, 790, 1700];
const COMMON = { runs: 2000, seed: 100, policies: [{ policy: EVIDENCE }] };

/** What the page studies when it opens. */
const opening = () => studyOf(OPENING, { ...COMMON, set: BAD, sweep: { field: 'error_ratio', values: RATIOS } }).report;

/** A probability as the page writes it, if it is not tiny. */
const percent = (p) => `${Number((p * 100).toFixed(1))} %`;
const three = (x) => (Math.abs(x) >= 100 ? Math.round(x).toLocaleString('en') : Number(x.toPrecision(3)));
const probability = (p) => [percent(p.estimate), `simulated: ${plain(between(p))}`];
const minutes = ({ p50, p95 }) => [`half within ${p50} minutes`, `95 % within ${p95} minutes`];
/** A difference of probabilities, policy B less policy A. */
const points = ({ estimate, low, high }) => {
  const [e, l, h] = [estimate, low, high].map((x) => Number((x * 100).toFixed(1)));
  return [`${e} points beside A`, `simulated: ${l} to ${h}`].map((text) => text.replaceAll('-', '−'));
};
const negative = ({ estimate, low, high }) => ({ estimate: -estimate, low: -high, high: -low });

/** By hand: where 5 % of the releases are bad. */
function falseAlarms({ healthy, release }, bad = 0.05) {
  const of = (h, r) => (h * (1 - bad)) / (h * (1 - bad) + r * bad);
  const [h, r] = [healthy.p_rollback, release.p_rollback];
  return { estimate: of(h.estimate, r.estimate), low: of(h.low, r.high), high: of(h.high, r.low) };
}

/** The ratios that a policy surely does and does not yet catch, and where the curve crosses. */
const caught = (sweep, policy, runs = 2000) =>
  caughtFrom({ runs, ratios: sweep.points.map(({ value, policies }) => ({ at: value, found: policies[policy] })) });

/** What a row tells of a policy, from its cases and, for B, its differences. */
const ROWS = {
  false_rollback: ({ healthy, healthy_difference }) => [
    ...probability(healthy.p_rollback),
    ...(healthy_difference ? points(healthy_difference.p_rollback) : []),
  ],
  missed_regression: ({ release, release_difference }) => [
    ...probability(release.p_completed),
    ...(release_difference ? points(negative(release_difference.p_rollback)) : []),
  ],
  caught_from: (_, sweep, policy) => {
    const { estimate, low, high } = caught(sweep, policy);
    return [`${low} to ${high} times`, `simulated: about ${Number(estimate.toPrecision(3))}`];
  },
  ticks_to_rollback: ({ release }) => minutes(release.ticks_to_rollback),
  excess_errors: ({ release: { excess_errors }, release_difference }) => [
    `half at most ${three(excess_errors.p50)} requests`,
    `95 % at most ${three(excess_errors.p95)} requests`,
    ...(release_difference
      ? [
          `${three(release_difference.excess_errors.estimate)} requests on average beside A`,
          `simulated: ${three(release_difference.excess_errors.low)} to ${three(release_difference.excess_errors.high)}`,
        ].map((text) => text.replaceAll('-', '−'))
      : []),
  ],
  duration_ticks: ({ healthy }) => minutes(healthy.duration_ticks),
  false_alarms: (cases) => probability(falseAlarms(cases)),
};

const row = (page, key) => comparison(page).locator(`[data-row="${key}"]`);
/** The lines of a row's two cells. */
const cells = (page, key) =>
  row(page, key)
    .locator('td')
    .evaluateAll((all) =>
      all.map((cell) =>
        Array.from(cell.childNodes)
          .filter(({ nodeType, textContent }) => nodeType !== Node.COMMENT_NODE && textContent !== '')
          .map(({ textContent }) => textContent.replace(/\s+/g, ' ')),
      ),
    );

test('every row of the card tells what the engine finds of both policies', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  await allFigures(page).click();
  const report = opening();
  for (const [key, tell] of Object.entries(ROWS)) {
    const told = [report, ...report.policies].map((cases, i) => tell(cases, report.sweep, i));
    assert.deepEqual(await cells(page, key), told, key);
  }
  const rows = await comparison(page).locator('tbody tr').count();
  assert.equal(rows, Object.keys(ROWS).length);
});

test('the curve marks from where a release is caught', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  const { sweep } = opening();
  const told = (i) => `${'AB'[i]}: 95 % caught from ${caught(sweep, i).low} to ${caught(sweep, i).high} times`;
  const labels = await curveLabels(page).allTextContents();
  assert.deepEqual(labels.map(plain), [told(0), told(1)]);
  // No rule looks at errors here: nothing is caught, however bad.
  await show(page, { stages: OPENING.stages, rules: [{ rule: 'latency', max: 10_000 }] });
  await expect(comparison(page)).toHaveText(/none up to 5\stimes/);
  const [own] = await cells(page, 'caught_from');
  assert.deepEqual(own, ['none up to 5 times']);
});

test('the share of false alarms follows the bad releases among ours', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  await allFigures(page).click();
  const report = opening();
  const share = page.getByRole('spinbutton', { name: 'Bad releases among ours' });
  await expect(share).toHaveValue('5');
  const sentence = falseAlarmSentence(page);
  for (const percentBad of [5, 20, 62.5]) {
    await share.fill(String(percentBad));
    const [own, other] = [report, ...report.policies].map((cases) => falseAlarms(cases, percentBad / 100));
    assert.deepEqual(await cells(page, 'false_alarms'), [probability(own), probability(other)]);
    assert.equal(
      plain(await sentence.innerText()),
      `Of 100 rollbacks by A, ${of100(own)} would be of healthy releases. ` +
        `Of 100 rollbacks by B, ${of100(other)} would be of healthy releases.`,
    );
    assert.match(plain(await row(page, 'false_alarms').innerText()), new RegExp(`if ${percentBad} %`));
  }
  await share.fill('0');
  await expect(sentence).toHaveText(/by A, all would be/);
  await share.fill('100');
  await expect(sentence).toHaveText(/by A, none would be/);
  const before = await cells(page, 'false_alarms');
  for (const wrong of ['101', '-1', '']) {
    await share.fill(wrong);
    await page.getByText('Expected a number from 0 to 100.').waitFor();
    await expect(share).toHaveAttribute('aria-invalid', 'true');
    assert.deepEqual(await cells(page, 'false_alarms'), before);
  }
  // A policy that never rolls back has no false alarms, nor right ones.
  await share.fill('5');
  await show(page, { stages: OPENING.stages, rules: [{ rule: 'latency', max: 10_000 }] });
  await expect(sentence).toHaveText(/Nothing is rolled back by A\./);
  assert.deepEqual((await cells(page, 'false_alarms'))[0], ['no rollbacks']);
});

/** The table behind the curve, a list of cells a row. */
async function figures(page) {
  const summary = curve(page).locator('summary');
  if (
    !(await curve(page)
      .locator('details')
      .evaluate(({ open }) => open))
  )
    await summary.click();
  await curveRows(page).first().waitFor();
  return curveRows(page).evaluateAll((rows) =>
    rows.map((one) => Array.from(one.children, (cell) => cell.textContent.replace(/\s+/g, ' '))),
  );
}

test('along traffic both errors of both policies are drawn, as the engine finds them', async ({ open }) => {
  const page = await open({ path: MEASURE });
  await studied(page);
  const along = page.getByRole('combobox', { name: 'Along' });
  await expect(along).toHaveValue('ratio');
  await expect(curve(page).locator('.missed')).toHaveCount(0);
  await along.selectOption('traffic');
  await missedMarks(page).first().waitFor();
  const sweep = { field: 'traffic.requests_per_second', values: TRAFFICS };
  const healthy = studyOf(OPENING, { ...COMMON, sweep }).report.sweep.points;
  const bad = studyOf(OPENING, { ...COMMON, set: BAD, sweep }).report.sweep.points;
  const rows = await figures(page);
  const shown = rows.map((cells) => [1, 3, 5, 7].map((i) => parseFloat(cells[i]) / 100));
  const found = TRAFFICS.map((_, i) =>
    [0, 1].flatMap((policy) => [
      healthy[i].policies[policy].p_rollback.estimate,
      bad[i].policies[policy].p_completed.estimate,
    ]),
  );
  for (const [i, row] of found.entries())
    for (const [j, p] of row.entries())
      assert.ok(Math.abs(shown[i][j] - p) <= 0.00051, `${TRAFFICS[i]}: ${shown[i]} is not ${row}`);
  assert.deepEqual(
    rows.map(([first]) => first),
    TRAFFICS.map((at) => `${at.toLocaleString('en')} a second`),
  );
  const labels = (await curveLabels(page).allTextContents()).map(plain);
  assert.deepEqual(labels.sort(), [
    'A false rollback',
    'A missed',
    'B false rollback',
    'B missed',
    'configured: 170 a second',
  ]);
  await along.selectOption('ratio');
  assert.equal((await figures(page)).length, RATIOS.length);
});

test('no traffic is asked for that the engine refuses', async ({ open }) => {
  const page = await open({ path: MEASURE });
  const most = { ...OPENING, traffic: { requests_per_second: 1_000_000 } };
  await page.getByRole('combobox', { name: 'Along' }).selectOption('traffic');
  await show(page, most, 192);
  await studied(page);
  await expect(studyMessage(page)).toHaveText('');
  const asked = (await figures(page)).map(([first]) => first);
  assert.ok(asked.includes('1,000,000 a second') && asked.length < TRAFFICS.length, String(asked));
});

for (const [path, place] of [
  ['index.html', '.opening'],
  [MEASURE, '.comparison'],
]) {
  test(`what the model leaves out is one click away in ${place}`, async ({ open }) => {
    const page = await open({ path });
    const opener = page.locator(place).getByRole('button', { name: 'What this leaves out' });
    await opener.click();
    const dialog = page.getByRole('dialog', { name: 'What this leaves out' });
    await expect(dialog.getByRole('term')).toHaveCount(6);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    assert.ok(await opener.evaluate((one) => one.getRootNode().activeElement === one));
    await opener.click();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect(dialog).toBeHidden();
    await opener.click();
    await page.mouse.click(3, 3);
    await expect(dialog).toBeHidden();
  });
}

test('along traffic it is accessible, and fits 320 px', async ({ open }) => {
  const page = await open({ path: MEASURE, context: { viewport: { width: 320, height: 640 } } });
  await studied(page);
  await allFigures(page).click();
  await page.getByRole('combobox', { name: 'Along' }).selectOption('traffic');
  await missedMarks(page).first().waitFor();
  await expectAccessible(page);
  const beyond = await study(page).evaluate((card) => {
    const inside = card.getBoundingClientRect();
    return Array.from(card.querySelectorAll('td, th, text, .key-entry, select'))
      .filter((one) => one.getBoundingClientRect().right > inside.right)
      .map((one) => one.textContent);
  });
  assert.deepEqual(beyond, []);
  // The table stays one to a reader of screens, though it is laid out anew.
  await expect(comparison(page).getByRole('rowheader').first()).toBeVisible();
  await expect(simulateMany(page)).toBeVisible();
});
