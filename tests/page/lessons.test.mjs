// The lessons: veiled until a prediction is committed, then played and judged.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { new_rollout, preset, studyOf } from './engine.mjs';
import { expect, expectAccessible, slow, takePicture, test } from './fixtures.ts';
import { drawnToItsEnd, STILL } from './lesson-still.mjs';
import {
  button,
  chartOf,
  headline,
  json,
  jsonBox,
  lessonAnswer,
  lessonButton,
  lessonCard,
  lessonDiagram,
  lessonDone,
  lessonEnds,
  lessonFaults,
  lessonGap,
  lessonGoals,
  lessonLines,
  lessonNumber,
  lessonPoints,
  lessonReasons,
  lessonReveal,
  lessonSquares,
  lessonTitle,
  lessonWords,
  openText,
  playhead,
  playThrough,
  show,
  studied,
  transport,
  where,
} from './rollout-page.mjs';

const FOLDER = new URL('../../www/lessons/', import.meta.url);
const lessonOf = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));

/** Brings a slider to a number by its keys. */
async function slideTo(slider, value) {
  await slider.press('Home');
  for (let i = 0; i < Math.floor(value / 10); i += 1) await slider.press('PageUp');
  for (let i = 0; i < value % 10; i += 1) await slider.press('ArrowUp');
}

/** Chooses, types or draws: whatever the question asks for. */
const answer = async (page, given) => {
  if (typeof given === 'string') await page.getByRole('radio', { name: given }).last().check();
  else if (typeof given === 'number') await lessonNumber(page).last().fill(String(given));
  else if (given.squares !== undefined) await slideTo(lessonSquares(page), given.squares);
  else for (const [i, value] of given.line.entries()) await slideTo(lessonPoints(page).nth(i), value);
};
const commit = (page) => button(page, 'Commit my prediction').click();
const check = (page) => button(page, 'Check').click();
const configure = (config) => async (page) => {
  await openText(page);
  await jsonBox(page).fill(JSON.stringify({ ...(await json(page)), ...config }));
  await button(page, 'Apply').click();
  await check(page);
};
/** A button that says that it is of no use now can be pressed all the same. */
const toStart = (page) => button(page, 'To the start').click({ force: true });
/** Steps from the start to a tick, and gives a command there. */
const tell = (tick, command) => async (page) => {
  await toStart(page);
  for (let step = 0; step < tick; step += 1) await button(page, 'Step').click();
  await button(page, command).click();
  await check(page);
};
const press = (name) => async (page) => {
  await button(page, name).click({ force: true });
  await check(page);
};
/** Puts each item where it belongs, or as `change` has it. */
const sort =
  (name, change = (ends) => ends) =>
  async (page) => {
    const { items, edges } = lessonOf(name).task;
    const ends = change(edges ? edges.map(({ to }) => to) : items.map(({ bin }) => bin));
    for (const [i, end] of ends.entries()) await lessonEnds(page).nth(i).selectOption(end);
    await check(page);
  };
/** The first item where the second belongs. */
const misplaced = (ends) => [ends.find((end) => end !== ends[0]), ...ends.slice(1)];
const order = (name) => async (page) => {
  const lines = lessonOf(name).task.lines.map(({ text }) => text);
  for (const [i, text] of lines.entries()) {
    const now = await lessonLines(page).locator('code').allInnerTexts();
    for (let at = now.indexOf(text); at > i; at -= 1) await button(page, `Up: ${text}`).click();
  }
  await check(page);
};
const stages = (...shares) => shares.map((traffic_pct) => ({ traffic_pct, duration_ticks: 5 }));
const ticks = (...all) => all.map(([traffic_pct, duration_ticks]) => ({ traffic_pct, duration_ticks }));
/** The rules of a burn-rate alert, changed. */
const alerts = (changes) => JSON.parse(preset('burn-rate-sloth')).rules.map((rule) => ({ ...rule, ...changes }));
/** The controller of the lesson on an Argo file, with another metric. */
function argoFile(changes) {
  const { controller } = lessonOf('argo-file').start.config;
  const { background } = controller.argo;
  return { argo: { ...controller.argo, background: { metrics: [{ ...background.metrics[0], ...changes }] } } };
}
const strict = (all) => all.map((stage, i) => (i > 1 ? { ...stage, error_rate_threshold: 0.01 } : stage));

/**
 * How each is played: a wrong and a right way of doing its task, and what is said to the
 * wrong one; of a lesson also a wrong and a right prediction, and of one that asks about
 * another policy a wrong and a right answer. With `untried` the wrong way is no try.
 */
const PLAYS = {
  run: { wrong: check, missing: /final state: completed; it is progressing/, right: press('To the end') },
  pause: {
    wrong: tell(7, 'Pause'),
    missing: /length: at least 12\sminutes; it is 7/,
    right: async (page) => {
      for (let step = 0; step < 5; step += 1) await button(page, 'Step').click();
      await check(page);
    },
  },
  'stage-limits': {
    // With the limit at 25 % alone the release is caught, too.
    wrong: configure({
      error_rate_threshold: 0.02,
      stages: stages(1, 5, 25, 50).map((stage, i) => (i === 2 ? { ...stage, error_rate_threshold: 0.01 } : stage)),
    }),
    missing: /Not yet. limit in the last stage: at most 1\spoint; it is 2\spoints\.$/,
    right: configure({ error_rate_threshold: 0.02, stages: strict(stages(1, 5, 25, 50)) }),
  },
  seed: {
    wrong: check,
    missing: /final state: completed; it is rolled back/,
    right: async (page) => {
      await page.getByLabel('Seed', { exact: true }).fill('2');
      await page.getByLabel('Seed', { exact: true }).press('Enter');
      await check(page);
    },
  },
  'falling-shares': {
    wrong: configure({ error_rate_threshold: -1 }),
    missing: /refused for something else/,
    right: configure({ error_rate_threshold: 0.02, stages: stages(50, 25, 100) }),
  },
  'threshold-zero': {
    predictions: [{ squares: 40 }, { squares: 94 }],
    wrong: configure({ rules: [{ rule: 'error_rate_delta', max: 0.001 }] }),
    missing: /false rollback: at most 5\s%; it is/,
    right: configure({ rules: [{ rule: 'error_rate_delta', max: 0.01 }] }),
    transfer: [{ squares: 94 }, { squares: 73 }],
  },
  'after-the-end': {
    wrong: check,
    missing: /Nothing has refused advance\(\) yet/,
    right: press('Advance'),
    untried: true,
  },
  'rising-shares': {
    wrong: configure({ stages: stages(10, 50) }),
    missing: /total stages: at least 3\sstages; it is 2/,
    right: configure({ stages: stages(10, 25, 50) }),
  },
  guard: { wrong: check, missing: /0 of 6 are right/, right: order('guard') },
  'test-the-pause': {
    wrong: check,
    missing: /length: exactly 25\sminutes; it is 20\sminutes/,
    right: async (page) => {
      await toStart(page);
      for (let step = 0; step < 7; step += 1) await button(page, 'Step').click();
      await button(page, 'Pause').click();
      for (let step = 0; step < 5; step += 1) await button(page, 'Step').click();
      await press('Resume')(page);
    },
  },
  ...Object.fromEntries(
    ['what-is-a-canary', 'states', 'why-a-seed', 'real-platforms', 'strategies'].map((name) => [
      name,
      { wrong: sort(name, misplaced), missing: /4 of 5 are right. Look again at 1\./, right: sort(name) },
    ]),
  ),
  'state-machine': {
    predictions: [20, 25],
    wrong: sort('state-machine', (ends) => ends.map((end, i) => (i === 6 ? 'PROGRESSING' : end))),
    missing: /7 of 8 are right. Look again at 7/,
    right: sort('state-machine'),
    transfer: ['ROLLED_BACK', 'PAUSED'],
  },
  'why-in-steps': {
    predictions: [400, 4500],
    wrong: configure({ stages: stages(1, 100) }),
    missing: /total stages: at least 3\sstages; it is 2 stages/,
    right: configure({ stages: stages(1, 5, 25, 50), rules: [], error_rate_threshold: 0.02 }),
    transfer: ['About 20', 'About 500'],
  },
  'latency-spike': {
    wrong: check,
    missing: /final state: rolled back; it is completed/,
    right: configure({ latency_threshold_ms: 50 }),
  },
  'thrown-away': {
    predictions: [{ squares: 2 }, { squares: 20 }],
    wrong: configure({ stages: stages(5, 25, 50), rules: [], error_rate_threshold: 0.02 }),
    missing: /total stages: at least 4\sstages; it is 3/,
    right: configure({ stages: strict(stages(1, 5, 25, 50)), rules: [], error_rate_threshold: 0.02 }),
    transfer: [{ squares: 20 }, { squares: 1 }],
  },
  'slow-leak': {
    predictions: ['None: it is caught at 1 %', 'Two: it is caught at 25 %'],
    wrong: tell(12, 'Pause'),
    missing: /final state: rolled back; it is paused/,
    right: tell(12, 'Abort'),
    transfer: ['Later, with more', 'Sooner, with fewer'],
  },
  'looking-every-minute': {
    predictions: [{ line: [5, 10, 25, 50, 50] }, { line: [5, 9, 14, 18, 22] }],
    wrong: configure({ rules: [] }),
    missing: /missed regression: at most 5\s%; it is 100\s%/,
    right: configure({ rules: [{ rule: 'z_test', alpha: 0.05, look: 'stage_end' }] }),
    transfer: [{ squares: 20 }, { squares: 60 }],
  },
  'same-seed': {
    predictions: ['That cannot be known', 'It is promoted to all traffic'],
    wrong: sort('same-seed', misplaced),
    missing: /3 of 4 are right. Look again at 1\./,
    right: sort('same-seed'),
    transfer: ['Yes, the seed is the same', 'No, another share'],
  },
  'ramp-up': {
    predictions: [1.75, 1.2],
    wrong: configure({ rules: [{ rule: 'error_rate', max: 0.02, window: 'rollout' }] }),
    missing: /false rollback: at most 5\s%; it is/,
    right: configure({ rules: [{ rule: 'sequential' }] }),
    transfer: [{ squares: 41 }, { squares: 17 }],
  },
  delay: {
    predictions: [{ line: [4, 8, 12, 16] }, { line: [4, 14, 40, 87] }],
    wrong: configure({ stages: ticks([1, 10], [5, 10], [25, 10], [50, 5]) }),
    missing: /excess errors on average: at most 36\sexcess errors; it is/,
    right: configure({ stages: ticks([1, 20], [5, 10], [25, 10], [50, 10]) }),
    transfer: ['About as many', 'About twenty times as many'],
  },
  'burn-rate': {
    predictions: [{ squares: 90 }, { squares: 0 }],
    wrong: configure({ rules: alerts({ of: 'canary' }) }),
    missing: /false rollback: at most 2\s%; it is 2\d/,
    right: configure({ rules: alerts({ of: 'canary', min_requests: 1000 }) }),
    transfer: [{ squares: 90 }, { squares: 1 }],
  },
  'argo-file': {
    predictions: [{ squares: 5 }, { squares: 60 }],
    wrong: configure({ controller: argoFile({ failure_limit: 1 }) }),
    missing: /false rollback: at most 2\s%; it is 2\d/,
    right: configure({ controller: argoFile({ failure_limit: 3, window_seconds: 300 }) }),
    transfer: [{ squares: 80 }, { squares: 0 }],
  },
};
const predicting = Object.entries(PLAYS).filter(([, { predictions }]) => predictions);

/** The element in a page that notes what it is told. */
const course = (attributes, inside = '') => `<!doctype html><html lang="en"><title>A course</title>
  <script src="dist/canary-rollout.js" defer></script>
  <script>
    window.told = [];
    for (const type of ['prediction', 'lessoncomplete'])
      document.addEventListener(type, ({ detail }) => told.push([type, detail]));
  </script>
  <main><h1>Week 7</h1><canary-rollout ${attributes}>${inside}</canary-rollout></main>`;
const events = (page) => page.evaluate(() => window.told);
const CALMLY = { reducedMotion: 'reduce' };
/** How a page of a course with a lesson is opened. */
const inLesson = (name, context = CALMLY) => ({ html: course(`lesson="${name}"`), context });

/** A start's configuration: a preset with the changes that the lessons make to it. */
function configOf({ preset: name, config = {} }) {
  if (!name) return config;
  const base = JSON.parse(preset(name));
  for (const [path, value] of Object.entries(config)) {
    const keys = path.match(/\w+/g);
    const parent = keys.slice(0, -1).reduce((object, key) => (object[key] ??= {}), base);
    if (value !== null) parent[keys.at(-1)] = value;
    else if (Array.isArray(parent)) parent.splice(Number(keys.at(-1)), 1);
    else delete parent[keys.at(-1)];
  }
  return base;
}

/** The rollout that a lesson starts with, run to its end. */
function outcomeOf({ start }) {
  const config = configOf(start);
  const rollout = new_rollout(config, start.seed);
  for (const { tick, command } of start.commands ?? []) {
    while (rollout.ticks < tick) rollout.tick();
    rollout[command]();
  }
  rollout.run();
  return { config, report: rollout.report() };
}

test('each lesson of the folder is played here', () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  assert.deepEqual(
    names.sort(),
    Object.keys(PLAYS)
      .map((name) => `${name}.json`)
      .sort(),
  );
});

for (const [name, { wrong, missing, right, untried = false, predictions, transfer }] of Object.entries(PLAYS)) {
  test(`${name}: a wrong try is told why, then the right one`, slow, async ({ open }) => {
    const page = await open(inLesson(name));
    if (predictions) {
      await commit(page);
      await lessonAnswer(page).getByText('first').waitFor();
      await answer(page, predictions[0]);
      await commit(page);
      await lessonReveal(page).waitFor();
      const { config, metrics } = outcomeOf(lessonOf(name)).report;
      const unit = config.tick_seconds === 60 ? 'minute' : 'tick';
      await expect(where(page)).toHaveText(`${unit} ${metrics.ticks} of ${metrics.ticks}`);
    }
    await wrong(page);
    await lessonAnswer(page).last().getByText(missing).waitFor();
    await expect(lessonDone(page)).toHaveCount(0);
    await expectAccessible(page);
    await right(page);
    const tries = untried ? 1 : 2;
    await page.getByText(`Done, at try ${tries}.`).waitFor();
    if (transfer) {
      await button(page, 'One more, about another policy').click();
      await answer(page, transfer[0]);
      await button(page, 'Answer').click();
      await page.getByText('Not this time.').waitFor();
    }
    await expect(lessonCard(page)).not.toHaveText(/\{\w+\}|undefined|NaN|\bnone\b/);
    const told = await events(page);
    const [done] = told.splice(-1);
    assert.deepEqual(done, ['lessoncomplete', { lesson: name, tries }]);
    assert.deepEqual(
      told.map(([type, { lesson, right: was }]) => [type, lesson, was]),
      predictions ? [['prediction', name, false]] : [],
    );
    await expectAccessible(page);
    await takePicture(page, `lesson-${name}-done`);
  });
}

for (const [name, { predictions, right, transfer }] of predicting) {
  const lesson = lessonOf(name);
  const { report } = outcomeOf(lesson);

  test(`${name}: nothing of the outcome is there before a prediction`, slow, async ({ open }) => {
    const page = await open(inLesson(name));
    await expect(lessonTitle(page)).toHaveText(lesson.title);
    for (const hidden of [
      '.verdict-now',
      '.transport',
      '.markers',
      '.log',
      '.effects',
      '.study',
      '.scenario',
      '[part=edit]',
    ])
      await expect(page.locator(hidden).first(), hidden).toBeHidden();
    const spoken = await page.locator('main').ariaSnapshot();
    const inside = await page.locator('canary-rollout').evaluate(({ shadowRoot }) => shadowRoot.textContent);
    for (const { sentence } of report.decisions) {
      assert.ok(!spoken.includes(sentence), sentence);
      assert.ok(!inside.includes(sentence), `in the document: ${sentence}`);
    }
    assert.doesNotMatch(spoken, /Playhead|To the end|promoted rightly|false rollback|caught$|Rolled back|Promoted to/m);
    const lines = await page
      .locator('.past .line')
      .evaluateAll((all) => all.map((line) => line.getAttribute('d') ?? ''));
    assert.equal(lines.join(''), '');
    // Nor does a key or a pointer reach it.
    await chartOf(page, 'errors').locator('svg').first().click();
    for (const key of ['End', 'ArrowRight', ' ']) await page.keyboard.press(key);
    await expect(where(page)).toHaveText(/^(minute|tick) 0$/);
    await expectAccessible(page);
    await takePicture(page, `lesson-${name}-veiled`);
  });

  test(`${name}: right at once, on a narrow page`, slow, async ({ open }) => {
    const page = await open(inLesson(name, { ...CALMLY, viewport: { width: 320, height: 640 }, colorScheme: 'dark' }));
    await answer(page, predictions[1]);
    await commit(page);
    await lessonReveal(page).waitFor();
    assert.deepEqual(
      (await events(page)).map(([type, detail]) => [type, detail.right]),
      [['prediction', true]],
    );
    await right(page);
    await page.getByText('Done, at try 1.').waitFor();
    if (transfer) {
      await button(page, 'One more, about another policy').click();
      await answer(page, transfer[1]);
      await button(page, 'Answer').click();
      await page.getByText('Right.', { exact: true }).waitFor();
    }
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
    await expectAccessible(page);
    await takePicture(page, `lesson-${name}-narrow`);
  });
}

test('what the lessons say is what the engine finds', () => {
  const {
    report: { metrics, config },
  } = outcomeOf(lessonOf('why-in-steps'));
  assert.equal(config.baseline.error_rate * config.canary.error_ratio, 0.05);
  assert.equal(config.traffic.requests_per_second * config.tick_seconds, 10_200);
  assert.equal(config.rollback_ticks, 10);
  assert.equal(metrics.ticks, 11);
  assert.ok(Math.abs(metrics.excess_errors - 10_200 * 0.04 * 11) < 200);

  const opening = JSON.parse(preset('opening'));
  const study = (config) => studyOf(config, { runs: 2000, seed: 0 }).report;
  const zero = study(configOf(lessonOf('threshold-zero').start)).healthy.p_completed.estimate;
  assert.ok(zero > 0.04 && zero < 0.1, `four coin tosses: ${zero}`);
  for (const [name, { transfer }] of predicting) {
    const asked = lessonOf(name).transfer;
    if (asked.predict.kind !== 'squares') continue;
    const { healthy, release } = study(configOf(asked.start));
    const { estimate } = asked.predict.figure === 'caught' ? release.p_caught : healthy.p_rollback;
    assert.ok(Math.abs(estimate * 100 - transfer[1].squares) < 2, `${name}: ${estimate}`);
  }
  const rollout = new_rollout(opening, 192);
  rollout.run();
  const { canary_errors, canary_requests } = rollout.series();
  assert.ok(Math.abs(canary_requests.at(-1) - 100) < 30 && canary_errors.at(-1) === 5, 'five errors in a minute');
  const held = new_rollout(outcomeOf(lessonOf('same-seed')).config, 192);
  held.run();
  assert.deepEqual(held.series().canary_errors.slice(0, 3), canary_errors, 'the same requests fail');

  const looks = lessonOf('looking-every-minute').start.config;
  const once = { ...looks, rules: [{ ...looks.rules[0], look: 'stage_end' }] };
  const thrown = (config) => study(config).healthy.p_rollback.estimate;
  assert.ok(Math.abs(thrown(once) - 0.05) < 0.01 && thrown(looks) > 0.15);

  // The counts of both days, as the lesson on the ramp-up paradox has them.
  const rampUp = lessonOf('ramp-up');
  const days = outcomeOf(rampUp).report;
  for (const { metrics } of days.stages)
    for (const { errors, requests } of [metrics.canary, metrics.baseline])
      assert.match(rampUp.text[1], new RegExp(`${errors.toLocaleString('en')} of ${requests.toLocaleString('en')}\\b`));
  assert.equal((days.metrics.baseline.error_rate * 100).toFixed(2), '1.66');
  assert.ok(days.metrics.canary.error_rate < days.metrics.baseline.error_rate);
  const still = { ...configOf(rampUp.transfer.start), noise: {} };
  assert.ok(Math.abs(thrown(still) - 0.16) < 0.025, 'without noise');

  // Means of 2,000 rollouts: of 4 within 1, of 87 within 5, more than five standard errors.
  const late = configOf(lessonOf('delay').start);
  const cost = (seconds) => study({ ...late, observation: { delay_seconds: seconds } }).release.excess_errors.mean;
  for (const [seconds, mean, within] of [
    [0, 4, 1],
    [250, 14, 2],
    [500, 40, 3],
    [750, 87, 5],
  ])
    assert.ok(Math.abs(cost(seconds) - mean) < within, `${seconds} s late`);
  assert.ok(study(configOf(lessonOf('delay').transfer.start)).release.excess_errors.mean / cost(250) > 15);
  assert.equal(study(configOf(lessonOf('burn-rate').start)).release.p_caught.estimate, 0);

  const { report: canary } = outcomeOf({ start: { ...lessonOf('what-is-a-canary').start } });
  assert.equal(canary.metrics.excess_errors, 15);
});

test('the machine to draw is the engine’s', () => {
  const { edges } = lessonOf('state-machine').task;
  const CONFIG = { stages: [{ traffic_pct: 10, duration_ticks: 3 }] };
  const reach = {
    PROGRESSING: () => {},
    PAUSED: (rollout) => rollout.pause(),
    COMPLETED: (rollout) => rollout.run(),
    ROLLED_BACK: (rollout) => rollout.abort(),
  };
  for (const { from, label, to } of edges.filter((edge) => edge.label.endsWith('()'))) {
    const rollout = new_rollout(CONFIG, 1);
    rollout.tick();
    reach[from](rollout);
    assert.equal(rollout.state, from);
    let led = '';
    try {
      rollout[label.slice(0, -2)]();
      led = rollout.state;
    } catch {
      led = 'an error';
      assert.equal(rollout.state, from, 'nothing changes');
    }
    assert.equal(led, to, `${from}: ${label}`);
  }
});

test('a lesson is played in motion, and its outcome waits for the end', async ({ open }) => {
  const page = await open(inLesson('slow-leak', {}));
  await answer(page, PLAYS['slow-leak'].predictions[1]);
  const playing = await playThrough(page, () => commit(page));
  assert.match(playing, /You said: Two: it is caught at 25 %\./);
  assert.doesNotMatch(playing, /You were right/);
  await page.getByText('You were right').waitFor();
  await expect(headline(page)).toHaveText(/Rolled back/);
});

test('start again, next, leave', async ({ open }) => {
  const page = await open(inLesson('state-machine'));
  await answer(page, 25);
  await commit(page);
  await page.getByText('You were right').waitFor();
  await button(page, 'Start again').click();
  await expect(transport(page)).toBeHidden();
  await answer(page, 25);
  await commit(page);
  await PLAYS['state-machine'].right(page);
  await button(page, 'Next: Why in steps?').click();
  await expect(lessonTitle(page)).toHaveText('Why in steps?');
  await expect(transport(page)).toBeHidden();
  await button(page, 'Previous').click();
  await expect(lessonTitle(page)).toHaveText('Draw the state machine');
  await button(page, 'Leave the lesson').click();
  await expect(lessonCard(page)).toBeHidden();
});

test('who goes to another place before a prediction leaves the lesson, and nothing is veiled', async ({ open }) => {
  const page = await open({ path: 'index.html#lesson=slow-leak', context: CALMLY });
  await page.getByRole('tab', { name: 'Watch' }).click();
  await expect(headline(page)).toHaveText(/Rolled back/);
  await playhead(page).waitFor();
  await page.waitForFunction(() => !location.hash.includes('lesson'));
});

test('a guess is drawn with a pointer, too', async ({ open }) => {
  const page = await open(inLesson('threshold-zero'));
  const drag = async (element, to) => {
    await element.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await element.boundingBox();
    const at = ([across, down]) => [x + width * across, y + height * down];
    await page.mouse.move(...at([0.01, 0.1]));
    await page.mouse.down();
    for (const place of to) await page.mouse.move(...at(place), { steps: 3 });
    await page.mouse.up();
  };
  // The middle of the third row: 40 above it, and half of its 20.
  await drag(lessonSquares(page), [[0.495, 0.5]]);
  await expect(lessonSquares(page)).toHaveAttribute('aria-valuetext', '50 of 100');
  await lessonSquares(page).press('Home');
  await expect(lessonSquares(page)).toHaveAttribute('aria-valuetext', '0 of 100');
  await page.locator('canary-rollout').evaluate((element) => (element.lesson = 'looking-every-minute'));
  await drag(page.getByRole('group', { name: 'Your line' }), [[0.9, 0.4]]);
  assert.ok(Number(await lessonPoints(page).last().getAttribute('aria-valuenow')) > 20);
});

test('the gap between guess and truth stays on screen', async ({ open }) => {
  const page = await open(inLesson('threshold-zero'));
  await answer(page, { squares: 40 });
  await commit(page);
  await expect(lessonGap(page)).toHaveText(/Your guess 40 · truly 9\d(\.\d)? ·\s+off by 5\d/);
  await PLAYS['threshold-zero'].right(page);
  await page.getByText('Done, at try 1.').waitFor();
  await button(page, 'One more, about another policy').click();
  await answer(page, { squares: 75 });
  await button(page, 'Answer').click();
  await expect(lessonGap(page)).toHaveCount(2);
});

test('the page’s URL opens a lesson, follows it, and is free of it when it is left', async ({ open }) => {
  const page = await open({ path: 'index.html#lesson=slow-leak', context: CALMLY });
  const hash = () => page.evaluate(() => location.hash);
  await expect(lessonTitle(page)).toHaveText('The slow leak');
  await expect(transport(page)).toBeHidden();
  await page.waitForFunction(() => location.hash.includes('v=1'));
  assert.match(await hash(), /lesson=slow-leak/);
  await lessonButton(page, 'state-machine').click();
  await page.waitForFunction(() => location.hash.includes('lesson=state-machine'));
  await answer(page, 25);
  await commit(page);
  await page.getByText('You were right').waitFor();
  assert.match(await hash(), /lesson=state-machine/);
  await button(page, 'Leave the lesson').click();
  await page.waitForFunction(() => location.hash.includes('at=12:resume'));
  assert.doesNotMatch(await hash(), /lesson/);
  await page.evaluate(
    (text) => (location.hash = `v=1&lesson=${encodeURIComponent(text)}`),
    JSON.stringify({ ...OWN, title: 'Inline' }),
  );
  await page.getByRole('heading', { name: 'Inline' }).waitFor();
});

test('in a lesson its own rollout cannot be undone, but what the learner changed', async ({ open }) => {
  const page = await open({ context: CALMLY });
  await show(page, { ...JSON.parse(preset('healthy')), name: 'mine' });
  await page.locator('canary-rollout').evaluate((element) => (element.lesson = 'stage-limits'));
  const undo = button(page, 'Undo');
  await expect(undo).toHaveAttribute('aria-disabled', 'true');
  await undo.click({ force: true });
  assert.equal((await json(page)).canary.error_ratio, 2.5);
  await configure({ error_rate_threshold: 0.03 })(page);
  await undo.click();
  assert.equal((await json(page)).error_rate_threshold, 0.02);
  await expect(undo).toHaveAttribute('aria-disabled', 'true');
  // Who has left it gets back what was there before.
  await button(page, 'Leave the lesson').click();
  await undo.click();
  assert.equal((await json(page)).name, 'mine');
});

test('each lesson’s still picture is what the page draws', async ({ open }) => {
  const page = await open({ context: STILL });
  for (const [name] of predicting) {
    const figure = await drawnToItsEnd(page, name);
    const still = readFileSync(new URL(`${name}.svg`, FOLDER), 'utf8');
    const drawn = await figure
      .locator('.past :is(path, circle)')
      .evaluateAll((all) => all.flatMap((mark) => mark.getAttribute('d') ?? mark.getAttribute('cx') ?? []));
    assert.ok(drawn.length > 4, name);
    for (const mark of drawn) assert.ok(still.includes(mark), `${name}: ${mark}: run scripts/lesson-stills.mjs`);
  }
});

const OWN = lessonOf('slow-leak');
const child = (lesson) => `<script type="application/json" slot="lesson">${JSON.stringify(lesson)}</script>`;

test('an author’s lesson is a JSON child of the element; another configuration ends it', async ({ open }) => {
  const page = await open({ html: course('', child({ ...OWN, title: 'Mine' })), context: CALMLY });
  await expect(lessonTitle(page)).toHaveText('Mine');
  await answer(page, PLAYS['slow-leak'].predictions[1]);
  await commit(page);
  await page.getByText('You were right').waitFor();
  assert.equal((await events(page))[0][1].lesson, 'Mine');
  await page.locator('canary-rollout').evaluate((element) => (element.lesson = null));
  await show(page, JSON.parse(preset('canary')));
});

/** Faults that only the engine can tell. */
const UNFIT = [
  [{ preset: 'x' }, 'start.preset', /there is no preset x; there are default/],
  [{ config: { stages: [{ traffic_pct: 200 }] } }, 'start.config: stages[0].traffic_pct', /./],
  [
    { preset: 'default', config: { '__proto__.a': 1, 'canary.error_ratio': -1 } },
    'start.config: canary.error_ratio',
    /./,
  ],
  [{ commands: [{ tick: 2, command: 'resume' }] }, 'start.commands', /resume/],
];
for (const [start, path, sentence] of UNFIT) {
  test(`${path}: ${sentence}`, slow, async ({ open }) => {
    const page = await open({
      html: course('preset="opening"', child({ ...OWN, start: JSON.parse(JSON.stringify(start)) })),
    });
    const problems = await page.locator('canary-rollout').evaluate((element) => element.lessonProblems);
    assert.ok(
      problems.some((one) => one.path === path && sentence.test(one.message)),
      JSON.stringify(problems),
    );
    assert.ok((await lessonFaults(page).innerText()).includes(path));
    assert.equal(await page.evaluate(() => ({}).a), undefined);
    await playhead(page).waitFor();
    await expectAccessible(page);
  });
}

test('an unknown name is answered with the known ones', async ({ open }) => {
  const page = await open(inLesson('slow-leek'));
  await expect(lessonFaults(page)).toHaveText(/no lesson slow-leek; there are run, .*slow-leak/);
});

for (const viewport of [
  { width: 1366, height: 900 },
  { width: 320, height: 640 },
]) {
  test(`an author writes a lesson beside its preview, ${viewport.width} px wide`, slow, async ({ open }) => {
    const page = await open({ from: 'http', path: 'lesson-author.html', context: { ...CALMLY, viewport } });
    const text = page.getByRole('textbox', { name: 'The lesson, as JSON' });
    const code = page.getByRole('textbox', { name: 'Code for your page' });
    for (const kind of [
      'operate',
      'configure',
      'refused',
      'choose',
      'estimate',
      'squares',
      'curve',
      'match',
      'order',
      'connect',
      'reflect',
    ]) {
      await page.getByLabel('Task').selectOption(kind);
      await page.getByText('It is a lesson.').waitFor();
      await page.getByRole('radio', { name: 'It promotes it' }).check();
      await commit(page);
      await lessonReveal(page).waitFor();
    }
    await text.fill((await text.inputValue()).replace('"It promotes it"', '7'));
    const fault = page.getByRole('button', { name: /^line \d+: predict.options\[1\].text: expected a text/ });
    await fault.click();
    assert.match(await text.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), /"text": 7/);
    await expect(code).toHaveValue('');
    await text.fill((await text.inputValue()).replace('7,', '"</script><b>",'));
    await page.getByText('It is a lesson.').waitFor();
    assert.equal((await code.inputValue()).match(/<\/script>/g).length, 2);
    await expect(page.getByRole('link', { name: 'A link' })).toHaveAttribute(
      'href',
      /^index.html#v=1&lesson=%7B%22lesson%22%3A1/,
    );
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), viewport.width);
    await expectAccessible(page);
    await takePicture(page, `lesson-author-${viewport.width}`);
  });
}

for (const javaScriptEnabled of [true, false]) {
  test(`the example page ${javaScriptEnabled ? 'plays its lesson' : 'has a picture where there is no script'}`, async ({
    open,
  }) => {
    const page = await open({ path: 'examples/lesson.html', context: { ...CALMLY, javaScriptEnabled } });
    if (!javaScriptEnabled) return page.getByRole('img', { name: /the canary’s rate rises/ }).waitFor();
    await answer(page, 'It rolls the release back');
    await commit(page);
    await page.getByText('It was caught, after 15 minutes and 214 excess errors.').waitFor();
    await tell(12, 'Abort')(page);
    await page.getByText('Done, at try 1.').waitFor();
  });
}

test('a hostile lesson is text, and the page lives', slow, async ({ open }) => {
  const page = await open({ html: course('preset="opening"'), context: CALMLY });
  const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const all = (value) => (typeof value === 'string' ? markup : Array.isArray(value) ? value.map(all) : value);
  for (const [name, { predictions }] of predicting) {
    const { start, ...lesson } = lessonOf(name);
    const marked = JSON.stringify({ ...lesson, start }, (key, value) =>
      ['title', 'text', 'question', 'says', 'reveal', 'done', 'answer', 'right', 'wrong', 'summary'].includes(key)
        ? all(value)
        : value,
    );
    await page.locator('canary-rollout').evaluate((element, text) => (element.lesson = text), marked);
    await expect(lessonTitle(page)).toHaveText(markup);
    if (typeof predictions[1] === 'string') await lessonCard(page).getByRole('radio').first().check();
    else await answer(page, predictions[1]);
    await commit(page);
    await lessonReveal(page).waitFor();
    await expect(lessonCard(page).locator('img, script')).toHaveCount(0);
  }
  for (const text of ['x'.repeat(1e6), '['.repeat(1e5), '{"lesson":', '{}', '\u0000']) {
    await page.locator('canary-rollout').evaluate((element, lesson) => (element.lesson = lesson), text);
    assert.ok((await lessonFaults(page).getByRole('listitem').count()) > 0);
  }
  assert.equal(await page.title(), 'A course');
  await page.locator('canary-rollout').evaluate((element) => {
    element.lesson = null;
    element.place = 'measure';
  });
  await show(page, JSON.parse(preset('canary')));
  await studied(page);
});

test('what is judged is what is drawn; what was judged is taken back when something is changed', async ({ open }) => {
  const page = await open(inLesson('why-in-steps'));
  await answer(page, 4500);
  await commit(page);
  await page.getByRole('heading', { name: 'Do it' }).waitFor();
  const marks = () => lessonGoals(page).evaluateAll((all) => all.map(({ className }) => className));
  await configure({ stages: [{ traffic_pct: 1 }, { traffic_pct: 100 }] })(page);
  await lessonAnswer(page).getByText('Not yet.').waitFor();
  assert.ok((await marks()).every((mark) => mark === 'met' || mark === 'unmet'));
  // Another release: until it is checked, nothing is said of it.
  await openText(page);
  await jsonBox(page).fill(preset('healthy'));
  await button(page, 'Apply').click();
  await lessonAnswer(page).getByText('Something has changed since. Check it again.').waitFor();
  assert.deepEqual(new Set(await marks()), new Set(['']));
  assert.equal(await page.locator('canary-rollout').evaluate((element) => element.state), 'COMPLETED');
  await check(page);
  await lessonAnswer(page).getByText('lesson’s release and traffic').waitFor();
  // The lesson's release, with that policy, is on the page now, and both say the same of it.
  const { state, ratio, seed } = await page.locator('canary-rollout').evaluate((element) => ({
    state: element.state,
    ratio: element.config.canary.error_ratio,
    seed: element.seed,
  }));
  assert.deepEqual([ratio, seed], [5, 3]);
  const told = await lessonGoals(page).first().innerText();
  assert.equal(/it is rolled back/.test(told), state === 'ROLLED_BACK', `${told}, and the page: ${state}`);
});

/** What a diagram draws beyond its edges, behind a node, or one number on another. */
const faultsOfDiagram = (page) =>
  lessonDiagram(page).evaluate((svg) => {
    const outer = svg.getBoundingClientRect();
    const faults = [];
    const boxes = [...svg.querySelectorAll('.node rect')].map((node) => node.getBoundingClientRect());
    const numbers = [...svg.querySelectorAll('.edge text')].map((text) => ({
      n: text.textContent,
      box: text.getBoundingClientRect(),
    }));
    for (const { n, box } of numbers) {
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      if (boxes.some((node) => x > node.left && x < node.right && y > node.top && y < node.bottom))
        faults.push(`${n} on a node`);
      if (numbers.some((other) => other.n !== n && Math.hypot(other.box.x - box.x, other.box.y - box.y) < 8))
        faults.push(`${n} on another`);
    }
    const inner = boxes.map(({ left, right, top, bottom }) => [left + 3, right - 3, top + 3, bottom - 3]);
    for (const [i, path] of [...svg.querySelectorAll('.edge path')].entries()) {
      const { x, y, width, height } = path.getBoundingClientRect();
      if (x < outer.left || y < outer.top || x + width > outer.right || y + height > outer.bottom)
        faults.push(`path ${i} is cut`);
      const length = path.getTotalLength();
      for (let at = 0; at <= length; at += 2) {
        const point = path.getPointAtLength(at);
        const [px, py] = [outer.left + point.x, outer.top + point.y];
        if (inner.some(([left, right, top, bottom]) => px > left && px < right && py > top && py < bottom)) {
          faults.push(`path ${i} runs behind a node`);
          break;
        }
      }
    }
    return { faults, numbers: numbers.length };
  });

test('a diagram is whole whatever is answered, and a wrong answer is told a reason', slow, async ({ open }) => {
  const page = await open(inLesson('state-machine'));
  const { nodes, edges } = lessonOf('state-machine').task;
  await answer(page, 25);
  await commit(page);
  await lessonDiagram(page).waitFor();
  const selects = lessonEnds(page);
  const ways = [
    edges.map(({ to }) => to),
    ...nodes.map((node) => edges.map(() => node)),
    ...[1, 2, 3].map((step) => edges.map((_, i) => nodes[(i * step + step) % nodes.length])),
    edges.map(({ from }) => from),
  ];
  for (const ends of ways) {
    for (const [i, end] of ends.entries()) await selects.nth(i).selectOption(end);
    const { faults, numbers } = await faultsOfDiagram(page);
    assert.deepEqual(faults, [], ends.join(', '));
    assert.equal(numbers, edges.length);
  }
  await check(page);
  const wrong = edges.filter(({ from, to }) => from !== to);
  await expect(lessonReasons(page)).toHaveText(wrong.map(({ says }) => says));
});

test('an answer in one’s own words has some, and is judged by its author', async ({ open }) => {
  const task = { kind: 'reflect', question: 'Why?', answer: 'Because a run can be repeated.' };
  const page = await open({
    html: course('', child({ ...OWN, predict: undefined, reveal: undefined, task })),
    context: CALMLY,
  });
  const words = lessonWords(page);
  for (const few of ['', 'banana', 'banana banana banana banana', '? ! . , ;']) {
    await words.fill(few);
    await button(page, 'Compare').click();
    await lessonAnswer(page).getByText('Write an answer first').waitFor();
    await expect(page.getByText('you judge it yourself')).toBeHidden();
  }
  await words.fill('So that it can be repeated.');
  await button(page, 'Compare').click();
  await page.getByText('you judge it yourself').waitFor();
  await page.getByRole('radio', { name: 'I missed this' }).check();
  await button(page, 'Compare').click();
  await lessonAnswer(page).getByText('in your own words').waitFor();
  await page.getByRole('radio', { name: 'I had this' }).check();
  await button(page, 'Compare').click();
  await page.getByText('Done, at try 2.').waitFor();
});
