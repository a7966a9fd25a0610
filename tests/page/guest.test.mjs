// The element as a guest in other people's pages: its keys, its faults, equal values.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures.ts';
import { BAD, button, headline, openEditor, playhead, surprise } from './rollout-page.mjs';

const host = (tag, script = '') => `<!doctype html><html lang="en"><title>A course</title>
  <script src="dist/canary-rollout.js"></script>
  <script>window.heard = []; for (const type of ['keydown', 'keypress', 'keyup'])
    document.addEventListener(type, ({ key }) => heard.push(key));</script>
  ${tag}<script>${script}</script>`;
const heard = (page) => page.evaluate(() => window.heard);

/** Where the focus is, and keys that a page around might have a use for. */
const PLACES = {
  'the playhead': [playhead, ['ArrowRight', 'ArrowLeft', 'Home', 'End', 'n', '?']],
  Play: [(page) => button(page, 'Play again'), [' ', 'n', 'f', 's', 'ArrowRight']],
  'the seed': [(page) => page.getByRole('textbox', { name: 'Seed' }), ['f', 's', '/', 'ArrowLeft']],
  'a tab': [(page) => page.getByRole('tab', { name: 'Watch' }), ['ArrowRight', 'n']],
};
for (const [where, [find, keys]] of Object.entries(PLACES)) {
  test(`keys pressed on ${where} stay in the element`, async ({ open }) => {
    const page = await open({ html: host('<canary-rollout preset="opening" seed="192"></canary-rollout>') });
    await find(page).focus();
    for (const key of keys) await page.keyboard.press(key === ' ' ? 'Space' : key);
    assert.deepEqual(await heard(page), []);
  });
}

test('keys typed into the text of the configuration stay in it; Tab, Escape and those with Ctrl go on', async ({
  open,
}) => {
  const page = await open({ html: host('<canary-rollout preset="opening" seed="192"></canary-rollout>') });
  await openEditor(page, 'Policy');
  await button(page, 'As text').click();
  await page.getByRole('textbox', { name: 'Configuration as JSON' }).focus();
  await page.evaluate(() => (window.heard.length = 0));
  await page.keyboard.type('s/n');
  assert.deepEqual(await heard(page), []);
  await button(page, 'Embed').focus();
  await page.evaluate(() => (window.heard.length = 0));
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  assert.deepEqual([...new Set(await heard(page))], ['Escape', 'Control', 'k']);
});

/** What a host writes that cannot be used, and what the page and the console say of it. */
const FAULTS = [
  [`config="{bad"`, /config: .*line 1/],
  [`config='{"stages":[]}' view="errors"`, /config: stages: /],
  [`view="everything"`, /view: there is no view everything; there are rollout, flow/],
  [`place="somewhere"`, /place: there is no place somewhere; there are watch, measure, find, yours, learn/],
  [`preset="none"`, /preset: there is no preset none; there are /],
  [`seed="many"`, /seed: /],
];
for (const [attributes, fault] of FAULTS) {
  test(`${attributes}: the fault is shown, and written to the console`, async ({ open }) => {
    const page = await open({ html: '<!doctype html><title>Before</title>' });
    const written = [];
    page.on('console', (message) => message.type() === 'warning' && written.push(message.text()));
    await page.setContent(host(`<canary-rollout ${attributes}></canary-rollout>`).replace('dist/', '/dist/'));
    await expect(page.locator('[part=host-faults]')).toHaveText(fault);
    await expect(page.locator('[part=host-faults]')).toBeVisible();
    assert.ok(
      written.some((text) => text.startsWith('<canary-rollout> ') && fault.test(text)),
      written.join('\n'),
    );
  });
}

test('a property that cannot be used is shown, and gone when it is mended', async ({ open }) => {
  const page = await open({ html: host('<canary-rollout preset="opening" seed="192"></canary-rollout>') });
  const element = page.locator('canary-rollout');
  await element.evaluate((one) => (one.config = { stages: [] }));
  await expect(page.locator('[part=host-faults]')).toHaveText(/config: stages: /);
  await expect(surprise(page)).toHaveText(/not valid/);
  await element.evaluate((one, config) => (one.config = config), BAD);
  await expect(page.locator('[part=host-faults]')).toHaveText('');
  await expect(headline(page)).toHaveText(/^Rolled back/);
});

test('a configuration that the reader mends is a fault no more', async ({ open }) => {
  const page = await open({ html: host(`<canary-rollout config='{"stages":[]}'></canary-rollout>`) });
  await expect(page.locator('[part=host-faults]')).toHaveText(/config: stages: /);
  await page.getByLabel('Preset').selectOption('opening');
  await expect(page.locator('[part=host-faults]')).toHaveText('');
});

test('a seed holds although the configuration beside it has faults', async ({ open }) => {
  const page = await open({ html: host(`<canary-rollout seed="3" config='{"stages":[]}'></canary-rollout>`) });
  const seed = () => page.locator('canary-rollout').evaluate((element) => element.seed);
  expect(String(await seed())).toBe('3');
  await page.locator('canary-rollout').evaluate((element) => {
    element.config = { stages: [{ traffic_pct: 5 }] };
  });
  expect(String(await seed())).toBe('3');
});

test('a lesson from an address is opened where the script runs while the page is read', async ({ open }) => {
  const lesson = readFileSync(new URL('../../www/lessons/slow-leak.json', import.meta.url), 'utf8');
  const page = await open({ html: '<!doctype html><title>Before</title>' });
  let answer;
  await page.route('**/lesson.json', (route) => {
    answer = () => route.fulfill({ body: lesson, contentType: 'application/json' });
  });
  await page.setContent(
    host('<canary-rollout lesson-src="/lesson.json"></canary-rollout>').replace('dist/', '/dist/'),
    { waitUntil: 'domcontentloaded' },
  );
  // It comes after the page was read, as from a distant server.
  await expect.poll(() => answer).toBeTruthy();
  await answer();
  await expect(page.getByRole('heading', { name: 'The slow leak' })).toBeVisible();
});

/** Values that a host sets again, as a framework does at each rendering. */
const SAME = {
  'config, the element’s own': (element) => (element.config = element.config),
  'config, as text': (element) => (element.config = JSON.stringify(element.config)),
  seed: (element) => (element.seed = element.seed),
  'seed, as text': (element) => (element.seed = String(element.seed)),
  'the attribute seed': (element) => element.setAttribute('seed', element.getAttribute('seed')),
  'the attribute preset': (element) => element.setAttribute('preset', element.getAttribute('preset')),
};
for (const [what, set] of Object.entries(SAME)) {
  test(`an equal value changes nothing: ${what}`, async ({ open }) => {
    const page = await open({ html: host('<canary-rollout preset="twice-the-errors" seed="1"></canary-rollout>') });
    const element = page.locator('canary-rollout');
    // In one task: no frame of the playing rollout is between them.
    const [before, after, tick] = await element.evaluate((one, act) => {
      const state = () => JSON.stringify([one.tick, one.report.commands]);
      one.tick = 3;
      one.pause();
      one.step();
      one.play();
      const first = state();
      new Function('element', `(${act})(element)`)(one);
      return [first, state(), one.tick];
    }, String(set));
    assert.equal(after, before);
    // And it plays on.
    await page.waitForFunction((from) => document.querySelector('canary-rollout').tick > from, tick);
  });
}
