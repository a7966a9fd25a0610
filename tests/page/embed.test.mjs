// The dialog that makes the code for another page: the code, put into a fresh
// document, gives the rollout that was on screen.
import assert from 'node:assert/strict';
import { expect, expectAccessible, slow, takePicture, test } from './fixtures.ts';
import { BAD, button, show } from './rollout-page.mjs';

const dialog = (page) => page.getByRole('dialog', { name: 'Embed this rollout' });
const choice = (page, name) => dialog(page).getByRole('combobox', { name, exact: true });
const preview = (page) => dialog(page).locator('canary-rollout');
const note = (page) => dialog(page).locator('> .quiet').innerText();
// The preview, an element of its own, has a dialog, too.
const code = (page) => dialog(page).locator('> textarea').inputValue();

async function openDialog(page, choices = {}) {
  await button(page, 'Embed').click();
  for (const [name, words] of Object.entries(choices)) await choice(page, name).selectOption(words);
}

/** What an element shows, wherever it is: the report without what the page adds. */
const shown = async (scope) => {
  const element = scope.locator('canary-rollout').first();
  await element.evaluate((one) => customElements.whenDefined(one.localName));
  return element.evaluate(({ report, view }) => ({ report, view }));
};

/** A name that is markup, Markdown and JSON at once. */
const HOSTILE = { ...BAD, name: `'"><img src=x onerror=alert(1)> & \`<b>\` </script> \\ &amp;` };

const CODES = [
  { what: 'a preset, as a tag', choices: {} },
  { what: 'a part of it', choices: { Show: 'the error rates', Theme: 'dark', 'Topmost heading': 'level 4' } },
  { what: 'a configuration of one’s own', config: BAD, choices: {} },
  { what: 'a hostile name', config: HOSTILE, choices: {} },
  { what: 'a preset, in an iframe', choices: { As: 'an iframe' } },
  { what: 'a part in an iframe', choices: { As: 'an iframe', Show: 'the stages and the state' } },
  { what: 'a hostile name in an iframe', config: HOSTILE, choices: { As: 'an iframe' } },
];

for (const { what, config, choices } of CODES) {
  test(`the code gives the same rollout: ${what}`, slow, async ({ open }) => {
    const author = await open({ from: 'http' });
    if (config) await show(author, config);
    const { report } = await shown(author);
    await openDialog(author, choices);
    const html = await code(author);
    const before = await preview(author).evaluate((element) => ({ report: element.report, view: element.view }));
    assert.deepEqual(before.report, report, 'the preview');

    const page = await open({ html: `<!doctype html><html lang="en"><title>A course</title>${html}` });
    const framed = html.startsWith('<iframe');
    const scope = framed ? page.frameLocator('iframe') : page;
    assert.deepEqual(await shown(scope), before);
    await expect(page.locator('img')).toHaveCount(0);
    if (framed) return;
    const element = page.locator('canary-rollout');
    assert.equal(await element.getAttribute('theme'), choices.Theme ?? null);
    assert.equal(await element.getAttribute('heading-level'), choices['Topmost heading']?.at(-1) ?? null);
  });
}

test('every view can be chosen, and the preview follows', async ({ open }) => {
  const page = await open({ from: 'http' });
  await openDialog(page);
  const values = await choice(page, 'Show')
    .locator('option')
    .evaluateAll((all) => all.map(({ value }) => value));
  const { VIEWS } = await import('../../www/dist/canary-rollout.mjs');
  const places = ['measure', 'find', 'yours', 'learn'].map((place) => `place:${place}`);
  assert.deepEqual(values, ['', ...places, ...VIEWS.map((view) => `view:${view}`)]);
  await choice(page, 'Show').selectOption('place:learn');
  assert.equal(await preview(page).evaluate((element) => element.place), 'learn');
  assert.match(await code(page), / place="learn"/);
  for (const view of VIEWS) {
    await choice(page, 'Show').selectOption(`view:${view}`);
    assert.equal(await preview(page).evaluate((element) => element.view), view);
    assert.match(await code(page), new RegExp(` view="${view}"`));
  }
});

test('a height is asked for, and kept, where there is a frame', async ({ open }) => {
  const page = await open({ from: 'http' });
  await openDialog(page);
  const height = dialog(page).getByRole('spinbutton', { name: 'Height in px' });
  await expect(height).toBeHidden();
  await choice(page, 'As').selectOption('an iframe');
  assert.match(await code(page), /height="900"/);
  await choice(page, 'Show').selectOption('the error rates');
  assert.match(await code(page), /height="450"/);
  await height.fill('610');
  assert.match(await code(page), /height="610"/);
});

test('Copy copies and says so', async ({ open }) => {
  const page = await open({ from: 'http', context: { permissions: ['clipboard-read', 'clipboard-write'] } });
  await openDialog(page);
  await dialog(page).locator('> .row').getByRole('button', { name: 'Copy', exact: true }).click();
  await dialog(page).getByText('Copied.').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await code(page));
});

test('where copying is refused, the code is selected', async ({ open }) => {
  const page = await open({ from: 'http' });
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
  });
  await openDialog(page);
  await dialog(page).locator('> .row').getByRole('button', { name: 'Copy', exact: true }).click();
  await dialog(page).getByText('The code is selected').waitFor();
  const selected = await dialog(page)
    .locator('> textarea')
    .evaluate((text) => text.value.slice(text.selectionStart, text.selectionEnd));
  assert.equal(selected, await code(page));
});

test('Escape closes, the preview is gone, and focus is back', async ({ open }) => {
  const page = await open({ from: 'http' });
  await button(page, 'Embed').focus();
  await page.keyboard.press('Enter');
  await preview(page).waitFor();
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'hidden' });
  await expect(page.locator('canary-rollout')).toHaveCount(1);
  const focused = await page
    .locator('canary-rollout')
    .evaluate(({ shadowRoot }) => shadowRoot.activeElement?.textContent.trim());
  assert.equal(focused, 'Embed');
});

test('what the code cannot say is said beside it', async ({ open }) => {
  const page = await open({ from: 'http' });
  await button(page, 'To the start').click();
  await button(page, 'Pause').click();
  await openDialog(page);
  assert.match(await note(page), /The commands you gave are not in the tag/);
  await choice(page, 'As').selectOption('an iframe');
  assert.equal(await note(page), '');
  assert.match(await code(page), /at=0:pause/);

  const local = await open();
  await openDialog(local);
  assert.match(await note(local), /on this computer/);
});

for (const [size, viewport] of Object.entries({
  desktop: { width: 1366, height: 900 },
  phone: { width: 320, height: 640 },
})) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the dialog is accessible and fits: ${size}, ${colorScheme}`, slow, async ({ open }) => {
      const page = await open({ context: { viewport, colorScheme } });
      await openDialog(page, { As: 'an iframe' });
      await expectAccessible(page);
      const wide = await dialog(page).evaluate((element) => element.scrollWidth - element.clientWidth);
      assert.equal(wide, 0);
      await takePicture(page, `embed-${colorScheme}-${size}`);
    });
  }
}
