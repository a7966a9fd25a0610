// Forced colours and paper: neither loses the verdict, the charts or the walls.
import assert from 'node:assert/strict';
import { expect, expectAccessible, slow, takePicture, test } from './fixtures.ts';
import { button, chartOf, effects, goTo, headline, outcome, studied } from './rollout-page.mjs';

/** What must be there in each place, whatever it is drawn on. */
const IN_WATCH = [
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
  '.decision',
];
const IN_MEASURE = ['.effects .square', '[data-figure=missed_regression]', '.curve svg', '.difference'];

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

const assertKept = async (page, parts) => {
  for (const what of parts) {
    const box = await page.locator(`${what}:visible`).first().boundingBox();
    assert.ok(box && box.width > 4 && box.height > 4, what);
  }
};

for (const colorScheme of ['light', 'dark']) {
  test(`forced colours keep verdict, charts and walls, ${colorScheme}`, slow, async ({ open }) => {
    const page = await open({
      context: { forcedColors: 'active', colorScheme, viewport: { width: 1366, height: 900 } },
    });
    await studied(page);
    await assertKept(page, IN_WATCH);
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
    await goTo(page, 'Measure');
    await assertKept(page, IN_MEASURE);
    assert.deepEqual(await page.evaluate(unseen), []);
    await expectAccessible(page);
    await takePicture(page, `forced-colours-measure-${colorScheme}`);
  });
}

test('print keeps verdict, charts and walls; controls are gone', slow, async ({ open }) => {
  const page = await open({ context: { viewport: { width: 794, height: 1123 } } });
  await studied(page);
  await page.emulateMedia({ media: 'print' });
  await assertKept(page, IN_WATCH);
  assert.deepEqual(await page.evaluate(unseen), []);
  for (const gone of [button(page, 'Play again'), button(page, 'Abort'), button(page, 'Apply')])
    await expect(gone).toBeHidden();
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 800);
  await expectAccessible(page);
  await takePicture(page, 'print');
  await page.emulateMedia({ media: 'screen' });
  await goTo(page, 'Measure');
  await page.emulateMedia({ media: 'print' });
  await assertKept(page, IN_MEASURE);
  await takePicture(page, 'print-measure');
  await page.emulateMedia({ media: 'screen' });
  await goTo(page, 'Watch');
  await headline(page).getByText('Rolled back').waitFor();
});
