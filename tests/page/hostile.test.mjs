// Markup wherever text goes in: it is text, nothing runs, and the page lives on.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, slow, test } from './fixtures.ts';
import {
  BAD,
  button,
  CALM,
  closeEditor,
  editor,
  fileError,
  fileMessage,
  filePicker,
  headline,
  kicker,
  lessonFaults,
  lessonTitle,
  linkFaults,
  notice,
  openEditor,
  openText,
  problemList,
  show,
  states,
  studied,
} from './rollout-page.mjs';

/** Runs if it is ever read as HTML, as an attribute or as the end of a script. */
const MARKUP = [
  '<img src=x onerror=window.hacked=1>',
  '</script><script>window.hacked=1</script>',
  '"><svg onload=window.hacked=1>',
  "' onfocus=window.hacked=1 autofocus='",
  'javascript:window.hacked=1',
];
const ALL = MARKUP.join('');
const LESSONS = new URL('../../www/lessons/', import.meta.url);

/** Fails if anything ran, or came in as an element; and if the rollout cannot be played any more. */
async function assertUnharmed(page, what) {
  const seen = await page.evaluate(() => ({
    hacked: window.hacked,
    title: document.title,
    strange: [...document.querySelectorAll('canary-rollout')].flatMap(({ shadowRoot }) =>
      [
        ...shadowRoot.querySelectorAll(
          'img, script, iframe, object, embed, [onerror], [onload], [onfocus], [href^="javascript:"]',
        ),
      ].map((one) => one.outerHTML),
    ),
  }));
  assert.deepEqual(seen, { hacked: undefined, title: 'Canary Rollout Simulator', strange: [] }, what);
}

/** Sees the rollout go on. */
async function assertAlive(page) {
  await page
    .locator('canary-rollout')
    .first()
    .evaluate((element) => (element.place = 'watch'));
  if (await editor(page).isVisible()) await closeEditor(page);
  await show(page, BAD);
  await button(page, 'To the start').click();
  await button(page, 'To the end').click();
  await expect(states(page)).toHaveAttribute('data-present', 'ROLLED_BACK');
  await studied(page);
  await assertUnharmed(page, 'alive');
}

test('markup typed into every field', slow, async ({ open }) => {
  const page = await open({ from: 'http' });
  await show(page, {
    ...CALM,
    canary: { error_ratio: 2 },
    rules: [{ rule: 'error_rate_delta', max: 0.05 }, { rule: 'sequential' }],
  });
  let count = 0;
  for (const openOne of [
    ...['Release', 'Traffic', 'Policy'].map((about) => () => openEditor(page, about)),
    () => openText(page),
  ]) {
    await openOne();
    for (const details of await page.locator('canary-rollout details').all())
      await details.evaluate((one) => (one.open = true));
    const fields = page
      .locator('canary-rollout')
      .locator('input:not([type=range], [type=checkbox], [type=radio], [type=file]), textarea');
    // By number, for what is typed into one may move the others.
    for (let i = 0; i < (await fields.count()); i += 1) {
      const one = fields.nth(i);
      if (!(await one.isVisible()) || (await one.isDisabled())) continue;
      count += 1;
      await one.focus();
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.insertText(ALL);
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      await assertUnharmed(page, `field ${i}`);
    }
  }
  assert.ok(count >= 20, `${count} fields`);
  await button(page, 'Apply').click();
  await assertUnharmed(page, 'JSON');
  await closeEditor(page);
  await assertAlive(page);
});

test('markup as every text of a configuration, and as its keys', slow, async ({ open }) => {
  const page = await open({ from: 'http' });
  const marked = {
    ...CALM,
    name: ALL,
    stages: CALM.stages.map((stage, i) => ({ ...stage, name: `${i}${ALL}` })),
    rules: [{ rule: 'error_rate_delta', max: 0.0001, look: 'every_tick' }],
  };
  await show(page, marked);
  // Every part that is made when it is opened: tables, the plan, the dialog with its preview.
  for (const summary of await page.locator('canary-rollout summary').all())
    if (await summary.isVisible()) await summary.click();
  await page.locator('tbody').first().waitFor();
  assert.ok((await kicker(page).textContent()).includes(ALL));
  await studied(page);
  await button(page, 'Embed').click();
  await page.getByRole('dialog').waitFor();
  await assertUnharmed(page, 'names');
  await page.keyboard.press('Escape');
  for (const wrong of [
    { ...CALM, [ALL]: 1 },
    { ...CALM, tick_seconds: ALL },
    { ...CALM, rules: [{ rule: ALL }] },
    { ...CALM, rules: [{ rule: 'sequential', look: ALL }] },
    { ...CALM, on_inconclusive: ALL },
    { ...CALM, stages: [{ traffic_pct: 1, pause: ALL }] },
    { ...CALM, canary: { arrival: ALL } },
  ]) {
    await show(page, wrong);
    await expect(notice(page)).toContainText('The last valid configuration is drawn.');
    await openText(page);
    assert.ok((await problemList(page).textContent()).length > 10);
    await closeEditor(page);
    await assertUnharmed(page, JSON.stringify(wrong));
  }
  await assertAlive(page);
});

test('markup as a file’s name and as its content; a picture as a configuration', slow, async ({ open }) => {
  const page = await open({ from: 'http' });
  await show(page, CALM);
  await openText(page);
  const picker = filePicker(page);
  const named = '<img src=x onerror=window.hacked=1>.json';
  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  for (const [mimeType, buffer] of [
    ['application/json', Buffer.from(ALL)],
    ['text/html', Buffer.from(`<!doctype html>${ALL}`)],
    ['image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="window.hacked=1"/>')],
    ['image/png', picture],
  ]) {
    await picker.setInputFiles({ name: named, mimeType, buffer });
    await fileMessage(page).filter({ hasText: named }).waitFor();
    await assertUnharmed(page, mimeType);
    await expect(states(page), 'the last valid one is drawn').toHaveAttribute('data-present', 'COMPLETED');
  }
  await expect(fileError(page)).toHaveText(/no UTF-8/);
  await picker.setInputFiles({
    name: named,
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify({ ...BAD, name: ALL })),
  });
  await expect(states(page)).toHaveAttribute('data-present', 'ROLLED_BACK');
  // And out again: the name of the file that is saved is one.
  const [saved] = await Promise.all([page.waitForEvent('download'), button(page, 'Save').click()]);
  assert.doesNotMatch(saved.suggestedFilename(), /[<>"'/\\:]/);
  await assertAlive(page);
});

const PAGE_KEYS = [
  'v',
  'preset',
  'seed',
  'tick',
  'view',
  'theme',
  'against',
  'bad',
  'along',
  'at',
  'lesson',
  'config.name',
  'config.stages[0].name',
  'config.stages[0].pause',
  'config.rules[0].rule',
  'config.on_inconclusive',
  `config.${'x'}`,
];

for (const key of PAGE_KEYS) {
  test(`markup as ${key} in the address`, slow, async ({ open }) => {
    const page = await open({ from: 'http', path: `index.html#${key}=${encodeURIComponent(ALL)}` });
    await headline(page).waitFor();
    await assertUnharmed(page, key);
    await assertAlive(page);
  });
}

test('markup as a key of the address, and in its query', slow, async ({ open }) => {
  const page = await open({
    from: 'http',
    path: `index.html?view=${encodeURIComponent(ALL)}&${encodeURIComponent(ALL)}=1#${encodeURIComponent(ALL)}=1`,
  });
  await linkFaults(page).getByText('unknown key').first().waitFor();
  await assertUnharmed(page, 'key');
  await assertAlive(page);
});

/** Each text of a lesson, by its path: replaced by markup, one at a time and all at once. */
function* markedLessons(lesson) {
  const paths = [];
  const walk = (value, path) => {
    if (typeof value === 'string') paths.push(path);
    else if (value && typeof value === 'object')
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  walk(lesson, []);
  for (const path of paths) {
    const copy = structuredClone(lesson);
    path.slice(0, -1).reduce((object, key) => object[key], copy)[path.at(-1)] = MARKUP.join(' ').slice(0, 90);
    yield [path.join('.'), copy];
  }
}

test('markup as every field of every lesson', slow, async ({ open }) => {
  const page = await open({ from: 'http' });
  let opened = 0;
  for (const file of readdirSync(LESSONS).filter((name) => name.endsWith('.json'))) {
    for (const [path, lesson] of markedLessons(JSON.parse(readFileSync(new URL(file, LESSONS), 'utf8')))) {
      const problems = await page.locator('canary-rollout').evaluate((element, text) => {
        element.lesson = text;
        return element.lessonProblems.map(({ message }) => message);
      }, JSON.stringify(lesson));
      // Either it is a lesson, or it says what is wrong with it.
      if (problems.length === 0) {
        opened += 1;
        await expect(lessonTitle(page)).toHaveText(lesson.title);
      } else {
        await expect(lessonFaults(page)).toBeVisible();
      }
      await assertUnharmed(page, `${file}: ${path}`);
    }
  }
  assert.ok(opened > 60, `${opened} were lessons`);
  await page.locator('canary-rollout').evaluate((element) => (element.lesson = null));
  await assertAlive(page);
});

for (const as of ['a tag', 'an iframe']) {
  test(
    `the code of the dialog for a configuration that is markup, as ${as}, pasted into a page`,
    slow,
    async ({ open }) => {
      const author = await open({ from: 'http' });
      await show(author, { ...BAD, name: ALL, stages: BAD.stages.map((stage) => ({ ...stage, name: ALL })) });
      await button(author, 'Embed').click();
      const dialog = author.getByRole('dialog');
      if (as === 'an iframe') await dialog.getByRole('combobox', { name: 'As', exact: true }).selectOption(as);
      const code = await dialog.locator('> textarea').inputValue();
      await assertUnharmed(author, 'the dialog and its preview');

      const page = await open({ html: `<!doctype html><html lang="en"><title>A course</title><main>${code}</main>` });
      const scope = as === 'an iframe' ? page.frameLocator('iframe') : page;
      await headline(scope).getByText('Rolled back').waitFor();
      assert.ok((await kicker(scope).textContent()).includes(ALL));
      for (const frame of page.frames()) assert.equal(await frame.evaluate(() => window.hacked), undefined);
      await expect(page.locator('img')).toHaveCount(0);
    },
  );
}
