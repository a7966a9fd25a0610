// The course: its path, the questions before it, what is kept of a learner, the teacher's sheet.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { expect, expectAccessible, slow, takePicture, test } from './fixtures.ts';
import {
  button,
  goTo,
  lessonButton,
  lessonButtons,
  lessonCard,
  lessonFaults,
  lessonSquares,
  lessonTitle,
  path,
  studied,
  timeCard,
} from './rollout-page.mjs';

const WWW = new URL('../../www/', import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, WWW), 'utf8'));
const PARTS = read('course.json');
const ITEMS = PARTS.flatMap(({ items }) => items);
const LESSONS = Object.fromEntries(ITEMS.map(({ name }) => [name, read(`lessons/${name}.json`)]));
const LEARN = { path: 'index.html#place=learn', context: { reducedMotion: 'reduce' } };
const NARROW = { ...LEARN, context: { reducedMotion: 'reduce', viewport: { width: 320, height: 640 } } };

test('the path has the course’s items in its order, and the lessons after them', async ({ open }) => {
  const page = await open(LEARN);
  assert.deepEqual(
    PARTS.map(({ part, items }) => [part, items.length]),
    [
      ['Run', 1],
      ['Alter', 3],
      ['Break', 3],
      ['Fix', 3],
      ['Explain', 4],
      ['Master', 4],
      ['Lessons', 8],
    ],
  );
  const titles = ITEMS.map(({ name }) => LESSONS[name].title);
  await expect(lessonButtons(page)).toHaveText(['What you know already', ...titles].map((title) => `○${title}`));
  for (const { part } of PARTS)
    await expect(path(page).getByRole('heading', { name: part, exact: true })).toBeVisible();
  await expectAccessible(page);
});

test('a task that is done has its mark, for the eye and the ear, and leads to the next', async ({ open }) => {
  const page = await open(LEARN);
  await button(page, 'Begin: See a rollout complete').click();
  await expect(lessonButton(page, 'run')).toHaveAttribute('aria-current', 'step');
  assert.ok(await lessonTitle(page).evaluate((h2) => h2.getRootNode().activeElement === h2));
  await button(page, 'To the end').click();
  await button(page, 'Check').click();
  await page.getByText('Done, at try 1.').waitFor();
  await expect(lessonButton(page, 'run')).toHaveAccessibleName(/^See a rollout complete ?, done$/);
  await expect(path(page)).toContainText(`1 of ${ITEMS.length} done`);
  // The task's text is there as long as one works at it, and after.
  await expect(lessonCard(page)).toContainText(LESSONS.run.task.question);
  await button(page, 'Next: Pause it').click();
  await expect(lessonTitle(page)).toHaveText('Pause it');
  await button(page, 'Leave the lesson').click();
  await button(page, 'Go on: Pause it').waitFor();
});

test('Back leads out of a lesson, to the one before, and to the place before', async ({ open }) => {
  const page = await open({ context: LEARN.context });
  const until = (part) => page.waitForFunction((text) => location.hash.includes(text), part);
  await page.getByRole('tab', { name: 'Learn' }).click();
  await until('place=learn');
  await button(page, 'Begin: See a rollout complete').click();
  await until('lesson=run');
  await button(page, 'Next: Pause it').click();
  await until('lesson=pause');
  await page.goBack();
  await expect(lessonTitle(page)).toHaveText('See a rollout complete');
  await page.goBack();
  await button(page, 'Begin: See a rollout complete').waitFor();
  await page.goBack();
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Watch');
  await page.goForward();
  await page.goForward();
  await expect(lessonTitle(page)).toHaveText('See a rollout complete');
});

/** Answers the questions before the lessons, anyhow. */
async function answerAll(page) {
  await lessonButton(page, 'before').click();
  const asked = ITEMS.filter(({ name }) => LESSONS[name].transfer);
  for (const [i, { name }] of asked.entries()) {
    await page.getByText(`Question ${i + 1} of ${asked.length}.`).waitFor();
    await expect(page.getByRole('heading', { level: 3, name: LESSONS[name].transfer.text })).toBeVisible();
    if (await lessonSquares(page).count()) await lessonSquares(page).press('PageUp');
    else await page.getByRole('radio').first().check();
    await button(page, 'Next').click();
  }
  return asked.length;
}

test('the questions before the lessons tell nothing but a score, at their end', slow, async ({ open }) => {
  const page = await open(LEARN);
  const count = await answerAll(page);
  await page.getByRole('heading', { name: new RegExp(`^\\d of ${count} right, before the lessons$`) }).waitFor();
  await expect(path(page)).toContainText(new RegExp(`New policies: \\d of ${count} right before the lessons`));
  await expectAccessible(page);
});

test('progress is kept if the learner asks, and forgotten if the learner asks', async ({ open }) => {
  const page = await open({ ...LEARN, from: 'http' });
  await lessonButton(page, 'run').click();
  await button(page, 'To the end').click();
  await button(page, 'Check').click();
  await page.getByText('Done, at try 1.').waitFor();
  await expect(path(page)).toContainText('kept until the page is closed or loaded again');
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await page.reload();
  await expect(path(page)).toContainText(`0 of ${ITEMS.length} done`);
  await lessonButton(page, 'run').click();
  await button(page, 'To the end').click();
  await button(page, 'Check').click();
  await button(page, 'Keep my progress in this browser').click();
  await expect(path(page)).toContainText('kept in this browser');
  await page.reload();
  await expect(path(page)).toContainText(`1 of ${ITEMS.length} done`);
  await button(page, 'Forget my progress').click();
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});

const FOREIGN = [
  '',
  '{',
  'null',
  '7',
  '{"done": 7, "before": [], "after": "x"}',
  '{"done": ["run", 3], "before": {"a": "<b>"}}',
];
test('storage that is refused, or holds something else, is no fault', async ({ open }) => {
  const page = await open({ ...LEARN, from: 'http' });
  for (const text of FOREIGN) {
    // A reload would break off the loading of a worker, which the browser calls a failed request.
    await goTo(page, 'Watch');
    await studied(page);
    await goTo(page, 'Learn');
    await page.evaluate((value) => localStorage.setItem('canary-rollout.progress', value), text);
    // The address is written a moment later.
    await expect(page).toHaveURL(/place=learn/);
    await page.reload();
    await expect(path(page)).toContainText(`of ${ITEMS.length} done`);
  }
  const frame =
    '<!doctype html><html lang="en"><title>A frame</title><iframe title="The simulator" sandbox="allow-scripts" src="index.html#place=learn" style="width: 900px; height: 900px"></iframe>';
  const outer = await open({ html: frame, context: LEARN.context });
  const inner = outer.frameLocator('iframe');
  await inner.getByRole('button', { name: 'Keep my progress in this browser' }).click();
  await inner.getByText('This browser lets the page keep nothing here.').waitFor();
});

test('the teacher’s sheet has every item with its answer, and is printed alone', slow, async ({ open }) => {
  const page = await open(LEARN);
  await lessonButton(page, 'sheet').click();
  const sheet = page.locator('.sheet');
  await expect(sheet).not.toContainText('…', { timeout: 120_000 });
  for (const { name, asks, look_for } of ITEMS) {
    await expect(sheet).toContainText(asks);
    await expect(sheet).toContainText(look_for);
    await expect(sheet).toContainText(LESSONS[name].title);
  }
  for (const line of LESSONS.guard.task.lines) await expect(sheet).toContainText(line.text);
  await expect(sheet).not.toContainText(/undefined|NaN|\[object/);
  await expectAccessible(page);
  await takePicture(page, 'teachers-sheet');
  await page.emulateMedia({ media: 'print' });
  await expect(path(page)).toBeHidden();
  await expect(page.getByRole('tab').first()).toBeHidden();
  await expect(sheet).toBeVisible();
});

test('the path on a narrow page is folded while something is open', async ({ open }) => {
  const page = await open(NARROW);
  await expect(lessonButton(page, 'guard')).toBeVisible();
  await lessonButton(page, 'guard').click();
  await expect(lessonButton(page, 'pause')).toBeHidden();
  await button(page, 'All tasks and lessons').click();
  await lessonButton(page, 'pause').click();
  await expect(lessonTitle(page)).toHaveText('Pause it');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  await expectAccessible(page);
});

test('the course is taken by keyboard alone', async ({ open }) => {
  const page = await open(LEARN);
  const tabTo = async (target) => {
    for (let i = 0; i < 80; i += 1) {
      if (await target.evaluate((element) => element.getRootNode().activeElement === element)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`${target} was not reached`);
  };
  await button(page, 'Begin: See a rollout complete').waitFor();
  await tabTo(lessonButton(page, 'guard'));
  await page.keyboard.press('Enter');
  const lines = LESSONS.guard.task.lines.map(({ text }) => text);
  for (const [i, text] of lines.entries()) {
    const up = button(page, `Up: ${text}`);
    await tabTo(up);
    // The focus goes with the line.
    for (let step = 0; step < lines.length; step += 1) {
      const now = await page.locator('.order code').allInnerTexts();
      if (now.indexOf(text) <= i) break;
      await page.keyboard.press('Enter');
    }
    await page.keyboard.press('Shift+Tab');
    await lessonTitle(page).focus();
  }
  await tabTo(button(page, 'Check'));
  await page.keyboard.press('Enter');
  await page.getByText('Done, at try 1.').waitFor();
});

const OWN = { ...LESSONS['slow-leak'], title: 'From a server' };

/** A page with a lesson that its server has, in `/lesson.json`. */
const fetching = (src) => `<!doctype html><html lang="en"><title>A course</title>
  <script src="dist/canary-rollout.js" defer></script><main><h1>Week 7</h1><canary-rollout lesson-src="${src}"></canary-rollout></main>`;

test('a lesson comes from an address', async ({ open }) => {
  const page = await open({ html: fetching('lessons/slow-leak.json'), context: LEARN.context });
  await expect(lessonTitle(page)).toHaveText('The slow leak');
  // It is another's: no part of the path.
  await expect(path(page)).toBeHidden();
  await page.route('**/own.json', (route) => route.fulfill({ json: OWN }));
  await page.locator('canary-rollout').evaluate((element) => element.setAttribute('lesson-src', 'own.json'));
  await expect(lessonTitle(page)).toHaveText('From a server');
});

for (const [src, body, sentence] of [
  ['missing.json', null, /missing\.json: the lesson cannot be fetched: the server answers 404/],
  ['broken.json', '{"lesson": 1', /not JSON/],
  ['unfit.json', '{"lesson": 2}', /lesson: expected 1/],
]) {
  test(`a lesson that cannot be had says so in its place: ${src}`, async ({ open }) => {
    const page = await open({
      html: fetching('lessons/slow-leak.json'),
      context: LEARN.context,
      expectedErrors: body === null ? [/404/] : [],
    });
    await expect(lessonTitle(page)).toHaveText('The slow leak');
    const warned = page.waitForEvent(
      'console',
      (message) => message.type() === 'warning' && /lesson-src/.test(message.text()),
    );
    await page.route(`**/${src}`, (route) => route.fulfill(body === null ? { status: 404, body: 'none' } : { body }));
    await page.locator('canary-rollout').evaluate((element, at) => element.setAttribute('lesson-src', at), src);
    await expect(lessonFaults(page)).toHaveText(sentence);
    await warned;
    await expect(timeCard(page)).toBeVisible();
  });
}
