// Forced colours and paper: neither loses the verdict, the charts or the walls.
import assert from 'node:assert/strict';
import { expect, expectAccessible, slow, takePicture, test } from './fixtures.ts';
import { button, chartOf, effects, headline, outcome, studied } from './rollout-page.mjs';

/** What must be there, whatever it is drawn on. */
const KEPT = [
  '.surprise:not(.room)',
  '.verdict-now .headline',
  '.verdict-now .tag',
  '[data-chart=traffic] svg',
  '[data-chart=errors] svg',
  '[data-chart=latency] svg',
  '.effects .square',
  '[data-figure=false_rollback]',
  '.rung',
  '.state-machine svg',
  '.curve svg',
  '.study-card table',
  '.decision',
];

/** Runs in the page: the marks that are painted as their ground is, and so not to be seen. */
function unseen() {
  const { shadowRoot } = document.querySelector('canary-rollout');
  const opaque = (colour) => colour !== 'none' && !/^rgba\(.*, 0\)$/.test(colour);
  const ground = getComputedStyle(shadowRoot.querySelector('.card')).backgroundColor;
  return ['.past .line.canary', '.past .line.baseline', '.limit path', '.curve .line', '.node rect', '.playhead']
    .flatMap((what) =>
      [...shadowRoot.querySelectorAll(what)]
        .filter((one) => one.checkVisibility())
        .slice(0, 1)
        .map((one) => [what, one]),
    )
    .filter(([, one]) => {
      const { stroke, fill } = getComputedStyle(one);
      return ![stroke, fill].some((colour) => opaque(colour) && colour !== ground);
    })
    .map(([what]) => what);
}

const assertKept = async (page) => {
  for (const what of KEPT) {
    const box = await page.locator(what).first().boundingBox();
    assert.ok(box && box.width > 4 && box.height > 4, what);
  }
};

for (const colorScheme of ['light', 'dark']) {
  test(`forced colours keep verdict, charts and walls, ${colorScheme}`, slow, async ({ open }) => {
    const page = await open({
      context: { forcedColors: 'active', colorScheme, viewport: { width: 1366, height: 900 } },
    });
    await studied(page);
    await assertKept(page);
    assert.deepEqual(await page.evaluate(unseen), []);
    // Without colour, the squares of a failure differ: by their ground and their cross.
    const [bad, fine] = await Promise.all(
      ['.square.harm', '.square:not(.harm)'].map((which) =>
        effects(page)
          .locator(which)
          .first()
          .evaluate((one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one, '::before').content]),
      ),
    );
    assert.notEqual(bad[0], fine[0]);
    assert.notEqual(bad[1], fine[1]);
    await expect(outcome(page)).toHaveText(/false rollback/);
    // And the two arms by more than colour.
    const stroke = (arm) =>
      chartOf(page, 'errors')
        .locator(`.past .line.${arm}`)
        .first()
        .evaluate((one) => getComputedStyle(one).strokeWidth);
    assert.notEqual(await stroke('canary'), await stroke('baseline'));
    await expectAccessible(page);
    await takePicture(page, `forced-colours-${colorScheme}`);
  });
}

test(
  'print keeps verdict, charts and walls, and what is far below the screen; controls are gone',
  slow,
  async ({ open }) => {
    const page = await open({ context: { viewport: { width: 794, height: 1123 } } });
    await studied(page);
    await page.emulateMedia({ media: 'print' });
    await assertKept(page);
    assert.deepEqual(await page.evaluate(unseen), []);
    for (const gone of [button(page, 'Play again'), button(page, 'Abort'), button(page, 'Apply')])
      await expect(gone).toBeHidden();
    // What is laid out only when it comes near the screen is on paper all the same.
    const skipped = await page.evaluate(() => {
      const { shadowRoot } = document.querySelector('canary-rollout');
      return ['.study', '.strategies'].filter((part) =>
        [...shadowRoot.querySelector(part).querySelectorAll('h3')].some(
          (one) => one.checkVisibility() && !one.checkVisibility({ contentVisibilityAuto: true }),
        ),
      );
    });
    assert.deepEqual(skipped, []);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 800);
    await expectAccessible(page);
    await takePicture(page, 'print');
    await page.emulateMedia({ media: 'screen' });
    await headline(page).getByText('Rolled back').waitFor();
  },
);
