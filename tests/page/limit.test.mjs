// The limit in the hand: dragged, by keys, typed; everything follows.
import assert from 'node:assert/strict';
import { preset } from './engine.mjs';
import { expect, test } from './fixtures.ts';
import {
  closeEditor,
  effects,
  enter,
  figure,
  figureOf,
  json,
  limitGrip,
  outcome,
  show,
  studied,
} from './rollout-page.mjs';

const limit = (page) => page.getByRole('slider', { name: 'Limit: error rate over the baseline' });
const falseRollback = (page) => figure(page, 'false_rollback');

/** Presses the mouse on the grip; returns where. */
async function grab(page) {
  await limitGrip(page).scrollIntoViewIfNeeded();
  const box = await limitGrip(page).boundingBox();
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.move(at.x, at.y);
  await page.mouse.down();
  return at;
}

test('dragged up, the policy throws less away; walls and rollout follow while it is dragged', async ({ open }) => {
  const page = await open();
  await studied(page);
  const before = await falseRollback(page);
  const { x, y } = await grab(page);
  await page.mouse.move(x, y - 75, { steps: 8 });
  await expect(effects(page)).toHaveAttribute('data-runs', '100');
  await page.mouse.up();
  await studied(page);
  const { rules } = await json(page);
  assert.ok(rules[0].max > 0.035, String(rules[0].max));
  assert.equal(rules[1].max, 0.01);
  await expect(outcome(page)).not.toHaveAttribute('data-outcome', 'undecided');
  assert.ok(before - (await falseRollback(page)) > 0.1);
});

test('from 3 points to 1, false rollback moves by more than 20 points', async ({ open }) => {
  const page = await open();
  const typed = page.getByRole('spinbutton', { name: 'Limit', exact: true });
  await typed.fill('3');
  await studied(page);
  const at3 = await falseRollback(page);
  await typed.fill('1');
  // The study of 3 points stands until that of 1 point has its first runs.
  await expect(figureOf(page, 'false_rollback')).not.toHaveAttribute('data-estimate', String(at3));
  await studied(page);
  assert.ok((await falseRollback(page)) - at3 > 0.2);
  assert.equal((await json(page)).rules[0].max, 0.01);
});

test('keys move it, with its value told in words', async ({ open }) => {
  const page = await open();
  await studied(page);
  await limit(page).focus();
  await expect(limit(page)).toHaveAttribute('aria-valuetext', /^2\spoints$/);
  await page.keyboard.press('ArrowUp');
  await expect(limit(page)).toHaveAttribute('aria-valuetext', /^2.1\spoints/);
  assert.equal((await json(page)).rules[0].max, 0.021);
  await page.keyboard.press('PageDown');
  await page.keyboard.press('PageDown');
  assert.equal((await json(page)).rules[0].max, 0.011);
  await expect(limit(page)).toHaveAttribute('aria-valuetext', /^1.1\spoints$/);
});

test('a threshold that a rule stands for is moved where it is written', async ({ open }) => {
  const page = await open();
  const config = { ...JSON.parse(preset('default')), canary: { error_ratio: 1.2 } };
  await show(page, config);
  await page.getByRole('spinbutton', { name: 'Limit', exact: true }).fill('0.8');
  const { error_rate_threshold, stages } = await json(page);
  assert.equal(error_rate_threshold, 0.008);
  assert.equal(stages[2].error_rate_threshold, 0.01);
  await enter(page, 'error_rate_threshold', '');
  await closeEditor(page);
  await page.getByRole('spinbutton', { name: 'Limit', exact: true }).fill('0.7');
  assert.deepEqual(
    (await json(page)).stages.slice(2).map((stage) => stage.error_rate_threshold),
    [0.007, 0.007],
  );
});

test('where the limit meets the baseline, no label stands on the handle or on another', async ({ open }) => {
  for (const max of [0, 0.0005, 0.002, 0.02]) {
    const page = await open({ context: { reducedMotion: 'reduce' } });
    await show(page, {
      stages: [{ traffic_pct: 20, duration_ticks: 8 }],
      rules: [{ rule: 'error_rate_delta', max, failure_limit: 9 }],
    });
    const boxes = await page.locator('figure[data-chart=errors]').evaluate((figure) =>
      [...figure.querySelectorAll('.labels text'), figure.querySelector('.limit-grip')].map((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        return { what: one.textContent || 'handle', left, right, top, bottom };
      }),
    );
    assert.equal(boxes.length, 4);
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1)) {
        // Letters are less high than their box.
        const over =
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3.5 &&
          Math.min(a.right, b.right) > Math.max(a.left, b.left);
        assert.ok(!over, `limit ${max}: ${a.what} and ${b.what}`);
      }
  }
});

test('a policy without a limit on errors has nothing to drag', async ({ open }) => {
  const page = await open();
  await show(page, { stages: [{ traffic_pct: 10 }], rules: [{ rule: 'sequential' }] });
  await expect(limitGrip(page)).toBeHidden();
});
