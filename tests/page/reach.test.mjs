// Who uses no mouse: every control has a role and a name, and the keyboard alone
// plays a rollout, moves its limit and tells it what to do.
import assert from 'node:assert/strict';
import { expect, test } from './fixtures.ts';
import {
  button,
  CALM,
  headline,
  json,
  lessonCard,
  lessonEnds,
  log,
  playThrough,
  show,
  states,
  where,
} from './rollout-page.mjs';

/** Where a control can be hidden, and how to open that. */
const PLACES = {
  'the page with all that can be opened': async (page) => {
    await show(page, { ...CALM, rules: [{ rule: 'error_rate_delta', max: 0.05 }, { rule: 'sequential' }] });
    for (const details of await page.locator('canary-rollout details').all())
      await details.evaluate((one) => (one.open = true));
  },
  'the dialog': async (page) => {
    await button(page, 'Embed').click();
    await page.getByRole('dialog').waitFor();
  },
  'a lesson': async (page) => {
    await page.evaluate(() => (document.querySelector('canary-rollout').lesson = 'state-machine'));
    await lessonCard(page).locator('input').first().fill('25');
    await button(page, 'Commit my prediction').click();
    await lessonEnds(page).first().waitFor();
  },
};

for (const [place, reach] of Object.entries(PLACES)) {
  test(`every control is reached and has a role and a name: ${place}`, async ({ open }) => {
    const page = await open();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await reach(page);
    const devtools = await page.context().newCDPSession(page);
    const { nodes } = await devtools.send('Accessibility.getFullAXTree');
    const focusable = nodes.filter(
      ({ ignored, properties }) =>
        !ignored && properties?.some(({ name, value }) => name === 'focusable' && value.value),
    );
    const said = focusable.map(({ role, name }) => [role.value, name?.value?.trim() ?? '']);
    const nameless = said.filter(([role, name]) => role !== 'RootWebArea' && (!name || role === 'generic'));
    assert.deepEqual(nameless, []);
    assert.ok(said.length > 20, `${said.length} controls`);
  });
}

/** Presses Tab, or Shift+Tab, until what has the focus has this name; fails after too many. */
async function tabTo(page, name, key = 'Tab') {
  for (let i = 0; i < 120; i += 1) {
    await page.keyboard.press(key);
    const here = await page.evaluate(() => {
      const one = document.activeElement?.shadowRoot?.activeElement;
      return one?.getAttribute('aria-label') ?? one?.textContent?.trim();
    });
    if (here === name) {
      // A range's outline is its thumb's.
      const seen = await page.evaluate(() => {
        const one = document.activeElement.shadowRoot.activeElement;
        return one.type === 'range' || getComputedStyle(one).outlineStyle !== 'none';
      });
      assert.ok(seen, `the focus is seen on ${name}`);
      return;
    }
  }
  assert.fail(`Tab does not lead to ${name}`);
}

test('a whole rollout by keyboard alone', async ({ open }) => {
  const page = await open();
  await page.mouse.move(0, 0);
  await headline(page).getByText('Rolled back').waitFor();
  // Play: from the start, for the playhead stands at the end.
  await tabTo(page, 'Play again');
  await playThrough(page, () => page.keyboard.press('Enter'));
  await expect(where(page)).toHaveText('minute 3 of 3');
  // The limit: from 2 points to 4, and this release is not thrown away then.
  await tabTo(page, 'Limit: error rate over the baseline');
  for (let i = 0; i < 4; i += 1) await page.keyboard.press('PageUp');
  const limits = await json(page);
  assert.ok(JSON.stringify(limits).includes('0.04'), JSON.stringify(limits));
  await headline(page)
    .getByText(/^(Promoted|Completed|Rolled back at minute [^3])/)
    .waitFor();
  // To the third minute, and a command there.
  await tabTo(page, 'Playhead', 'Shift+Tab');
  await page.keyboard.press('Home');
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('ArrowRight');
  await expect(where(page)).toHaveText(/^minute 3 of/);
  await tabTo(page, 'Pause');
  await page.keyboard.press('Enter');
  await expect(states(page)).toHaveAttribute('data-present', 'PAUSED');
  await tabTo(page, 'Resume');
  await page.keyboard.press(' ');
  await expect(states(page)).toHaveAttribute('data-present', 'PROGRESSING');
  await tabTo(page, 'Promote');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Abort');
  await page.keyboard.press('Enter');
  await expect(states(page)).toHaveAttribute('data-present', 'ROLLED_BACK');
  await expect(log(page)).toHaveText(
    /pause.*by a person[^]*resume.*by a person[^]*promote.*by a person[^]*roll back.*by a person/,
  );
});

test('Tab goes through the page and out of it: the focus is caught nowhere', async ({ open }) => {
  const page = await open();
  await headline(page).waitFor();
  await page.evaluate(() => {
    const end = document.createElement('button');
    end.id = 'after';
    end.textContent = 'After';
    document.body.append(end);
  });
  let presses = 0;
  while (presses < 400 && !(await page.evaluate(() => document.activeElement?.id === 'after'))) {
    await page.keyboard.press('Tab');
    presses += 1;
  }
  assert.ok(presses < 400 && presses > 40, `${presses} presses`);
});
