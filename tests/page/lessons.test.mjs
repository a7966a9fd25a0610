// The lessons: veiled until a prediction is committed, then played and judged.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { new_rollout, preset, reportOf, studyOf } from './engine.mjs';
import { expect, expectAccessible, slow, takePicture, test } from './fixtures.ts';
import { STILL, drawnToItsEnd } from './lesson-still.mjs';
import {
  button,
  chartOf,
  courseQuestions,
  headline,
  json,
  jsonBox,
  lessonAnswer,
  lessonButton,
  lessonButtons,
  lessonCard,
  lessonDiagram,
  lessonDone,
  lessonEnds,
  lessonFaults,
  lessonGoals,
  lessonNumber,
  lessonReveal,
  lessonTitle,
  lessonWords,
  notice,
  playhead,
  playThrough,
  show,
  studied,
  transport,
  where,
} from './rollout-page.mjs';

const FOLDER = new URL('../../www/lessons/', import.meta.url);
const lessonOf = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));

/** Chooses, or types: whatever the prediction asks for. */
const predict = async (page, answer) => {
  if (typeof answer === 'number') await lessonNumber(page).fill(String(answer));
  else await page.getByRole('radio', { name: answer }).check();
};
const commit = (page) => button(page, 'Commit my prediction').click();
const check = (page) => button(page, 'Check').click();
const estimate = (value) => async (page) => {
  await predict(page, value);
  await check(page);
};
const configure = (config) => async (page) => {
  await jsonBox(page).fill(JSON.stringify({ ...(await json(page)), ...config }));
  await button(page, 'Apply').click();
  await check(page);
};
const tell = (tick, command) => async (page) => {
  await button(page, 'To the start').click();
  for (let step = 0; step < tick; step += 1) await button(page, 'Step').click();
  await button(page, command).click();
  await check(page);
};
const connect = (change) => async (page) => {
  const selects = lessonEnds(page);
  const ends = change(lessonOf('state-machine').task.edges.map(({ to }) => to));
  for (const [i, end] of ends.entries()) await selects.nth(i).selectOption(end);
  await check(page);
};
const reflect = (mark) => async (page) => {
  await lessonWords(page).fill('So that it can be repeated.');
  await button(page, 'Compare').click();
  await page.getByText('You judge this one').waitFor();
  await page.getByRole('radio', { name: mark }).check();
  await button(page, 'Compare').click();
};

/**
 * How each is played: a wrong and a right prediction, a wrong and a right way of doing
 * the task, and what is said to the wrong one.
 */
const PLAYS = {
  'why-in-steps': {
    predictions: [400, 4500],
    wrong: configure({ stages: [{ traffic_pct: 1 }, { traffic_pct: 100 }] }),
    missing: /total stages: at least 3\sstages; it is 2 stages/,
    right: async (page) => {
      await page.getByLabel('Preset').selectOption('canary');
      await check(page);
    },
  },
  'thrown-away': {
    predictions: ['Promote it to all traffic', 'Roll it back'],
    wrong: estimate(50),
    missing: /too high/,
    right: estimate(6),
  },
  'slow-leak': {
    predictions: ['None: it is caught at 1 %', 'Two: it is caught at 25 %'],
    wrong: tell(12, 'Pause'),
    missing: /final state: rolled back; it is paused/,
    right: tell(12, 'Abort'),
  },
  'looking-every-minute': {
    predictions: [5, 22],
    wrong: configure({ rules: [] }),
    missing: /missed regression: at most 5\s%; it is 100\s%/,
    right: async (page) => {
      await button(page, 'Let the evidence decide').click();
      await check(page);
    },
  },
  'state-machine': {
    predictions: [20, 25],
    wrong: connect((ends) => ends.map((end, i) => (i === 6 ? 'PROGRESSING' : end))),
    missing: /7 of 8 are right. Look again at 7/,
    right: connect((ends) => ends),
  },
  'same-seed': {
    predictions: ['That cannot be known', 'It is promoted to all traffic'],
    wrong: reflect('I missed this'),
    missing: /in your own words/,
    right: reflect('I had this'),
  },
};

/** The element in a page that notes what it is told. */
const course = (attributes, inside = '') => `<!doctype html><html lang="en"><title>A course</title>
  <script src="dist/canary-rollout.js" defer></script>
  <script>
    window.told = [];
    for (const type of ['prediction', 'lessoncomplete'])
      document.addEventListener(type, ({ detail }) => told.push([type, detail]));
  </script>
  <main><h1>Week 7</h1><canary-rollout ${attributes}>${inside}</canary-rollout></main>`;
/** The study's first answer; until then its figures have no words. */
const answered = (page) => page.locator('.square[aria-label]').first().waitFor({ state: 'attached' });
const told = (page) => page.evaluate(() => window.told);
const CALMLY = { reducedMotion: 'reduce' };
/** How a page of a course with a lesson is opened. */
const inLesson = (name, context = CALMLY) => ({ html: course(`lesson="${name}"`), context });

/** The rollout that a lesson starts with, run to its end. */
function outcomeOf({ start }) {
  const base = start.preset ? JSON.parse(preset(start.preset)) : start.config;
  // The paths that the lessons use, and no others.
  for (const [path, value] of Object.entries(start.preset ? (start.config ?? {}) : {})) {
    const keys = path.match(/\w+/g);
    const parent = keys.slice(0, -1).reduce((object, key) => (object[key] ??= {}), base);
    if (value === null) parent.splice(Number(keys.at(-1)), 1);
    else parent[keys.at(-1)] = value;
  }
  if (!start.commands) return { config: base, report: reportOf(base, start.seed) };
  const rollout = new_rollout(base, start.seed);
  for (const { tick, command } of start.commands) {
    while (rollout.ticks < tick) rollout.tick();
    rollout[command]();
  }
  rollout.run();
  return { config: base, report: rollout.report() };
}

test('each lesson of the folder is played here', () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  assert.deepEqual(names.sort(), Object.keys(PLAYS).map((name) => `${name}.json`).sort());
});

for (const [name, { predictions, wrong, missing, right }] of Object.entries(PLAYS)) {
  const lesson = lessonOf(name);
  const { report } = outcomeOf(lesson);

  test(`${name}: nothing of the outcome is there before a prediction`, slow, async ({ open }) => {
    const page = await open(inLesson(name));
    await expect(page.getByRole('heading', { level: 2 })).toHaveText(lesson.title);
    for (const hidden of ['.verdict-now', '.surprise', '.transport', '.tell', '.markers', '.log', '.effects', '.study', '.edit', '.scenario'])
      await expect(page.locator(hidden).first(), hidden).toBeHidden();
    const spoken = await page.locator('main').ariaSnapshot();
    const inside = await page.locator('canary-rollout').evaluate(({ shadowRoot }) => shadowRoot.textContent);
    for (const { sentence } of report.decisions) {
      assert.ok(!spoken.includes(sentence), sentence);
      assert.ok(!inside.includes(sentence), `in the document: ${sentence}`);
    }
    assert.doesNotMatch(spoken, /Playhead|To the end|promoted rightly|false rollback|caught$|Rolled back|Promoted to/m);
    const lines = await page.locator('.past .line').evaluateAll((all) => all.map((line) => line.getAttribute('d') ?? ''));
    assert.equal(lines.join(''), '');
    // Nor does a key or a pointer reach it.
    await chartOf(page, 'errors').locator('svg').first().click();
    for (const key of ['End', 'ArrowRight', ' ']) await page.keyboard.press(key);
    await expect(where(page)).toHaveText(/ 0 of 0$/);
    await expectAccessible(page);
    await takePicture(page, `lesson-${name}-veiled`);
  });

  test(`${name}: a wrong prediction and a wrong try, then the right one`, slow, async ({ open }) => {
    const page = await open(inLesson(name));
    await commit(page);
    await lessonAnswer(page).getByText('first').waitFor();
    await predict(page, predictions[0]);
    await commit(page);
    await page.getByText('It is', { exact: true }).waitFor();
    await expect(where(page)).toHaveText(`minute ${report.metrics.ticks} of ${report.metrics.ticks}`);
    await wrong(page);
    await lessonAnswer(page).getByText(missing).waitFor();
    await expect(lessonDone(page)).toHaveCount(0);
    await answered(page);
    await expectAccessible(page);
    await right(page);
    await page.getByText('Done, at try 2.').waitFor();
    await expect(lessonCard(page)).not.toHaveText(/[{}]|undefined|NaN|\bnone\b/);
    const [[first, { lesson: named, right: was }], [second, done], ...more] = await told(page);
    assert.deepEqual([first, named, was, more], ['prediction', name, false, []]);
    assert.deepEqual([second, done], ['lessoncomplete', { lesson: name, tries: 2 }]);
    await takePicture(page, `lesson-${name}-done`);
  });

  test(`${name}: a right prediction, on a narrow page`, slow, async ({ open }) => {
    const page = await open(inLesson(name, { ...CALMLY, viewport: { width: 320, height: 640 }, colorScheme: 'dark' }));
    await predict(page, predictions[1]);
    await commit(page);
    await page.getByText('You were right').waitFor();
    const [[type, detail]] = await told(page);
    assert.deepEqual([type, detail.right], ['prediction', true]);
    await answered(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
    await expectAccessible(page);
  });
}

test('what the lessons say is what the engine finds', () => {
  const { report: { metrics, config } } = outcomeOf(lessonOf('why-in-steps'));
  assert.equal(config.baseline.error_rate * config.canary.error_ratio, 0.05);
  assert.equal(config.traffic.requests_per_second * config.tick_seconds, 10_200);
  assert.equal(config.rollback_ticks, 10);
  assert.equal(metrics.ticks, 11);
  assert.ok(Math.abs(metrics.excess_errors - 10_200 * 0.04 * 11) < 200);

  const opening = JSON.parse(preset('opening'));
  const study = (changed, options = {}) => studyOf({ ...opening, ...changed }, { runs: 2000, seed: 0, ...options }).report;
  const zero = study(lessonOf('thrown-away').task.config).healthy.p_completed.estimate;
  assert.ok(zero > 0.04 && zero < 0.1, `four coin tosses: ${zero}`);
  const rollout = new_rollout(opening, 192);
  rollout.run();
  const { canary_errors, canary_requests } = rollout.series();
  assert.ok(Math.abs(canary_requests.at(-1) - 100) < 30 && canary_errors.at(-1) === 5, 'five errors in a minute');
  const held = new_rollout(outcomeOf(lessonOf('same-seed')).config, 192);
  held.run();
  assert.deepEqual(held.series().canary_errors.slice(0, 3), canary_errors, 'the same requests fail');

  const looks = lessonOf('looking-every-minute').start.config;
  const once = { ...looks, rules: [{ ...looks.rules[0], look: 'stage_end' }] };
  const thrown = (config) => studyOf(config, { runs: 2000, seed: 0 }).report.healthy.p_rollback.estimate;
  assert.ok(Math.abs(thrown(once) - 0.05) < 0.01 && thrown(looks) > 0.15);
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
  const page = await open(inLesson('thrown-away', {}));
  await predict(page, 'Roll it back');
  const playing = await playThrough(page, () => commit(page));
  assert.match(playing, /You said: Roll it back\./);
  assert.doesNotMatch(playing, /You were right/);
  await page.getByText('You were right').waitFor();
  await expect(headline(page)).toHaveText(/Rolled back/);
});

test('start again, next lesson, leave', async ({ open }) => {
  const page = await open(inLesson('state-machine'));
  await predict(page, 25);
  await commit(page);
  await page.getByText('You were right').waitFor();
  await button(page, 'Start again').click();
  await expect(transport(page)).toBeHidden();
  await predict(page, 25);
  await commit(page);
  await PLAYS['state-machine'].right(page);
  await button(page, 'Next: The same seed').click();
  await expect(lessonTitle(page)).toHaveText('The same seed');
  await expect(transport(page)).toBeHidden();
  await button(page, 'Leave the lesson').click();
  await expect(lessonCard(page)).toBeHidden();
  await expect(headline(page)).toHaveText(/Promoted/);
  await playhead(page).waitFor();
  await studied(page);
});

test('the page’s URL opens a lesson, follows it, and is free of it when it is left', async ({ open }) => {
  const page = await open({ path: 'index.html#lesson=slow-leak', context: CALMLY });
  const hash = () => page.evaluate(() => location.hash);
  await expect(lessonTitle(page)).toHaveText('The slow leak');
  await expect(transport(page)).toBeHidden();
  await page.waitForFunction(() => location.hash.includes('v=1'));
  assert.match(await hash(), /lesson=slow-leak$/);
  await lessonButton(page, 'state-machine').click();
  await page.waitForFunction(() => location.hash.endsWith('lesson=state-machine'));
  await predict(page, 25);
  await commit(page);
  await page.getByText('You were right').waitFor();
  assert.match(await hash(), /lesson=state-machine$/);
  await button(page, 'Leave the lesson').click();
  await page.waitForFunction(() => location.hash.includes('at=12:resume'));
  assert.doesNotMatch(await hash(), /lesson/);
  await page.evaluate((text) => (location.hash = `v=1&lesson=${encodeURIComponent(text)}`), JSON.stringify({ ...OWN, title: 'Inline' }));
  await page.getByRole('heading', { name: 'Inline' }).waitFor();
});

test('the page lists its lessons, and the course’s other questions open what answers them', async ({ open }) => {
  const page = await open({ context: CALMLY });
  const cards = lessonButtons(page);
  await expect(cards).toHaveCount(6);
  await cards.nth(2).click();
  await expect(lessonTitle(page)).toHaveText('The slow leak');
  assert.ok(await lessonTitle(page).evaluate((h2) => h2.getRootNode().activeElement === h2));
  const questions = courseQuestions(page);
  const answers = [];
  for (let i = 0; i < (await questions.count()); i += 1) {
    await questions.nth(i).click();
    if (await lessonCard(page).isVisible()) answers.push(await lessonTitle(page).innerText());
    else if (await notice(page).innerText()) answers.push('refused');
    else answers.push(await headline(page).innerText());
  }
  assert.deepEqual(
    answers.map((answer) => answer.replace(/\s/g, ' ')),
    [
      'Paused at minute 7, at 5 %',
      'Promoted to all traffic at minute 25',
      'Rolled back at minute 15, at 25 %',
      'The same seed',
      'refused',
      'Thrown away',
      'Draw the state machine',
      'Why in steps?',
      'Draw the state machine',
      'Paused at minute 5, at 1 %',
      'Rolled back at minute 15, at 25 %',
      'Rolled back at minute 1, at 100 %',
      'Rolled back at minute 2, at 10 %; all traffic is back at minute 7',
    ],
  );
});

test('each lesson’s still picture is what the page draws', async ({ open }) => {
  const page = await open({ context: STILL });
  for (const name of Object.keys(PLAYS)) {
    const figure = await drawnToItsEnd(page, name);
    const still = readFileSync(new URL(`${name}.svg`, FOLDER), 'utf8');
    const drawn = await figure
      .locator('.past :is(path, circle)')
      .evaluateAll((all) => all.flatMap((mark) => mark.getAttribute('d') ?? mark.getAttribute('cx') ?? []));
    assert.ok(drawn.length > 4, name);
    for (const mark of drawn) assert.ok(still.includes(mark), `${name}: ${mark}: run scripts/lesson-stills.mjs`);
  }
});

const OWN = lessonOf('thrown-away');
const child = (lesson) => `<script type="application/json" slot="lesson">${JSON.stringify(lesson)}</script>`;

test('an author’s lesson is a JSON child of the element; another configuration ends it', async ({ open }) => {
  const page = await open({ html: course('', child({ ...OWN, title: 'Mine' })), context: CALMLY });
  await expect(lessonTitle(page)).toHaveText('Mine');
  await predict(page, 'Roll it back');
  await commit(page);
  await page.getByText('You were right').waitFor();
  assert.equal((await told(page))[0][1].lesson, 'Mine');
  await page.locator('canary-rollout').evaluate((element) => (element.lesson = null));
  await show(page, JSON.parse(preset('canary')));
});

/** Faults that only the engine can tell. */
const UNFIT = [
  [{ preset: 'x' }, 'start.preset', /there is no preset x; there are default/],
  [{ config: { stages: [{ traffic_pct: 200 }] } }, 'start.config: stages[0].traffic_pct', /./],
  [{ preset: 'default', config: { '__proto__.a': 1, 'canary.error_ratio': -1 } }, 'start.config: canary.error_ratio', /./],
  [{ commands: [{ tick: 2, command: 'resume' }] }, 'start.commands', /resume/],
];
for (const [start, path, sentence] of UNFIT) {
  test(`${path}: ${sentence}`, slow, async ({ open }) => {
    const page = await open({ html: course('preset="opening"', child({ ...OWN, start: JSON.parse(JSON.stringify(start)) })) });
    const problems = await page.locator('canary-rollout').evaluate((element) => element.lessonProblems);
    assert.ok(problems.some((one) => one.path === path && sentence.test(one.message)), JSON.stringify(problems));
    assert.ok((await lessonFaults(page).innerText()).includes(path));
    assert.equal(await page.evaluate(() => ({}).a), undefined);
    await playhead(page).waitFor();
    await expectAccessible(page);
  });
}

test('an unknown name is answered with the known ones', async ({ open }) => {
  const page = await open(inLesson('slow-leek'));
  await expect(lessonFaults(page)).toHaveText(/no lesson slow-leek; there are why-in-steps, .*slow-leak/);
});

for (const viewport of [{ width: 1366, height: 900 }, { width: 320, height: 640 }]) {
  test(`an author writes a lesson beside its preview, ${viewport.width} px wide`, slow, async ({ open }) => {
    const page = await open({ from: 'http', path: 'lesson-author.html', context: { ...CALMLY, viewport } });
    const text = page.getByRole('textbox', { name: 'The lesson, as JSON' });
    const code = page.getByRole('textbox', { name: 'Code for your page' });
    for (const kind of ['operate', 'configure', 'choose', 'estimate', 'connect', 'reflect']) {
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
    await expect(page.getByRole('link', { name: 'A link' })).toHaveAttribute('href', /^index.html#v=1&lesson=%7B%22lesson%22%3A1/);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), viewport.width);
    await expectAccessible(page);
    await takePicture(page, `lesson-author-${viewport.width}`);
  });
}

for (const javaScriptEnabled of [true, false]) {
  test(`the example page ${javaScriptEnabled ? 'plays its lesson' : 'has a picture where there is no script'}`, async ({ open }) => {
    const page = await open({ path: 'examples/lesson.html', context: { ...CALMLY, javaScriptEnabled } });
    if (!javaScriptEnabled) return page.getByRole('img', { name: /the canary’s rate rises/ }).waitFor();
    await predict(page, 'It rolls the release back');
    await commit(page);
    await page.getByText('It was caught, after 15 minutes and 214 excess errors.').waitFor();
    await tell(12, 'Abort')(page);
    await page.getByText('Done, at try 1.').waitFor();
  });
}

test('a hostile lesson is text, and the page lives', slow, async ({ open }) => {
  const page = await open({ html: course('preset="opening"'), context: CALMLY });
  const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const all = (value) =>
    typeof value === 'string' ? markup : Array.isArray(value) ? value.map(all) : value;
  for (const name of Object.keys(PLAYS)) {
    const { start, ...lesson } = lessonOf(name);
    const marked = JSON.stringify({ ...lesson, start }, (key, value) =>
      ['title', 'text', 'question', 'says', 'reveal', 'done', 'answer', 'right', 'wrong', 'summary'].includes(key) ? all(value) : value,
    );
    await page.locator('canary-rollout').evaluate((element, text) => (element.lesson = text), marked);
    await expect(lessonTitle(page)).toHaveText(markup);
    await predict(page, typeof PLAYS[name].predictions[1] === 'number' ? 25 : /./).catch(() => lessonCard(page).locator('input').first().check());
    await commit(page);
    await lessonReveal(page).waitFor();
    await expect(lessonCard(page).locator('img, script')).toHaveCount(0);
  }
  for (const text of ['x'.repeat(1e6), '['.repeat(1e5), '{"lesson":', '{}', '\u0000']) {
    await page.locator('canary-rollout').evaluate((element, lesson) => (element.lesson = lesson), text);
    assert.ok((await lessonFaults(page).getByRole('listitem').count()) > 0);
  }
  assert.equal(await page.title(), 'A course');
  await page.locator('canary-rollout').evaluate((element) => (element.lesson = null));
  await show(page, JSON.parse(preset('canary')));
  await studied(page);
});

test('what is judged is what is drawn; what was judged is taken back when something is changed', async ({ open }) => {
  const page = await open(inLesson('why-in-steps'));
  await predict(page, 4500);
  await commit(page);
  await page.getByText('3. Do it').waitFor();
  const marks = () => lessonGoals(page).evaluateAll((all) => all.map(({ className }) => className));
  await configure({ stages: [{ traffic_pct: 1 }, { traffic_pct: 100 }] })(page);
  await lessonAnswer(page).getByText('Not yet.').waitFor();
  assert.ok((await marks()).every((mark) => mark === 'met' || mark === 'unmet'));
  // A preset has its own release: until it is checked, nothing is said of it.
  await page.getByLabel('Preset').selectOption('healthy');
  await lessonAnswer(page).getByText('Something was changed since. Check it again.').waitFor();
  assert.deepEqual(new Set(await marks()), new Set(['']));
  await expect(headline(page)).toHaveText(/^Promoted/);
  await check(page);
  await lessonAnswer(page).getByText('lesson’s release and traffic').waitFor();
  // The lesson's release, with that policy, is on the page now, and both say the same of it.
  const { state, ratio, seed } = await page.locator('canary-rollout').evaluate((element) => ({
    state: element.state, ratio: element.config.canary.error_ratio, seed: element.seed,
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
    const numbers = [...svg.querySelectorAll('.edge text')].map((text) => ({ n: text.textContent, box: text.getBoundingClientRect() }));
    for (const { n, box } of numbers) {
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      if (boxes.some((node) => x > node.left && x < node.right && y > node.top && y < node.bottom)) faults.push(`${n} on a node`);
      if (numbers.some((other) => other.n !== n && Math.hypot(other.box.x - box.x, other.box.y - box.y) < 8)) faults.push(`${n} on another`);
    }
    const inner = boxes.map(({ left, right, top, bottom }) => [left + 3, right - 3, top + 3, bottom - 3]);
    for (const [i, path] of [...svg.querySelectorAll('.edge path')].entries()) {
      const { x, y, width, height } = path.getBoundingClientRect();
      if (x < outer.left || y < outer.top || x + width > outer.right || y + height > outer.bottom) faults.push(`path ${i} is cut`);
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
  await predict(page, 25);
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
  const said = await lessonAnswer(page).innerText();
  for (const [i, { from, to, says: reason }] of edges.entries()) {
    assert.equal(said.includes(`${i + 1}: ${reason}`), from !== to, `${i + 1}`);
  }
});

test('an answer in one’s own words has some', async ({ open }) => {
  const page = await open(inLesson('same-seed'));
  await predict(page, PLAYS['same-seed'].predictions[1]);
  await commit(page);
  const words = lessonWords(page);
  for (const few of ['', 'banana', 'banana banana banana banana', '? ! . , ;']) {
    await words.fill(few);
    await button(page, 'Compare').click();
    await lessonAnswer(page).getByText('Write an answer first').waitFor();
    await expect(page.getByText('You judge this one')).toBeHidden();
  }
});
