// One part of the page alone, as a course page embeds it.
import assert from 'node:assert/strict';
import { expect, expectAccessible, takePicture, test } from './fixtures.ts';
import { button, chartOf, overTime, states, studied } from './rollout-page.mjs';

/** What stands in each view, by selector; and in what order of parts nothing else does. */
const PARTS = [
  '.verdict',
  '.transport',
  '.stack',
  '.commands .command-buttons',
  '.log',
  '.ladder',
  '.state-machine',
  '.effects',
  '.study',
  '.edit',
  '.scenario',
];
const SHOWN = {
  rollout: ['.verdict', '.transport', '.stack', '.commands .command-buttons', '.log'],
  errors: ['.verdict', '.transport', '.stack', '.commands .command-buttons'],
  study: ['.effects', '.study'],
  ladder: ['.verdict', '.transport', '.commands .command-buttons', '.ladder', '.state-machine'],
};

/** A page of a course with the element in it. */
const course = (attributes) => `<!doctype html><html lang="en"><title>A course</title>
  <script src="dist/canary-rollout.js"></script>
  <main><h1>Week 7</h1><h2>Canaries</h2><canary-rollout preset="opening" seed="192" heading-level="3" ${attributes}></canary-rollout></main>`;

for (const [view, shown] of Object.entries(SHOWN)) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the view ${view} stands alone, ${colorScheme}`, async ({ open }) => {
      const page = await open({
        html: course(`view="${view}"`),
        context: { viewport: { width: 640, height: 450 }, colorScheme },
      });
      const seen = [];
      for (const part of PARTS) if (await page.locator(part).first().isVisible()) seen.push(part);
      assert.deepEqual(seen, shown);
      if (view === 'study') await studied(page);
      await expectAccessible(page);
      const { y } = await page.locator('canary-rollout').boundingBox();
      const first = await page.locator(`${shown[0]}:visible`).boundingBox();
      assert.ok(first.y + first.height - y <= 450, 'its first part fits');
      await takePicture(page, `view-${view}-${colorScheme}`);
    });
  }
}

test('in the view of errors, play and the whole chart are on one screen of 640 × 450', async ({ open }) => {
  const page = await open({ html: course('view="errors"'), context: { viewport: { width: 640, height: 450 } } });
  await page.locator('canary-rollout').scrollIntoViewIfNeeded();
  const top = (await page.locator('canary-rollout').boundingBox()).y;
  for (const part of [button(page, 'Play again'), chartOf(page, 'errors').locator('.plot')]) {
    const box = await part.boundingBox();
    assert.ok(box.y + box.height - top <= 450, `ends at ${box.y + box.height - top}`);
  }
});

test('another view at run time; an unknown one shows everything and is named', async ({ open }) => {
  const page = await open();
  const view = (name) =>
    page.locator('canary-rollout').evaluate((element, value) => element.setAttribute('view', value), name);
  await view('ladder');
  await expect(overTime(page)).toBeHidden();
  await expect(states(page)).toHaveAttribute('data-present', 'ROLLED_BACK');
  await view('everything');
  await expect(overTime(page)).toBeVisible();
  await expect(page.locator('[part=host-faults]')).toHaveText(
    /view: .*everything.*rollout, flow, errors, study, ladder/,
  );
});

test('headings stand at the level a host gives them', async ({ open }) => {
  const page = await open({ html: course('') });
  await page.getByRole('heading', { name: /This release was fine/ }).waitFor();
  await button(page, 'Step back').click();
  const levels = await page
    .getByRole('heading')
    .evaluateAll((all) => all.map((one) => Number(one.ariaLevel ?? one.tagName[1])));
  assert.deepEqual(levels.slice(0, 4), [1, 2, 3, 4]);
  assert.ok(
    levels.slice(2).every((level) => level >= 3),
    levels.join(),
  );
});
