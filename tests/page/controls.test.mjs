// The playhead, and what one tells the rollout.
import { new_rollout } from './engine.mjs';
import { expect, test } from './fixtures.ts';
import {
  BAD,
  button,
  CALM,
  chartDrawings,
  decisionItems,
  headline,
  kicker,
  log,
  marker,
  message,
  moveMessage,
  playhead,
  playThrough,
  seedFault,
  show,
  stageClocks,
  states,
  timeCard,
  where,
} from './rollout-page.mjs';

/** A test that begins with CALM on the page, the playhead at a tick. */
const calmAt = (tick, name, act) =>
  test(name, async ({ open }) => {
    const page = await open();
    await show(page, CALM);
    await playhead(page).fill(String(tick));
    await expect(where(page)).toHaveText(`minute ${tick} of 8`);
    await act(page);
  });

calmAt(2, 'stepping back, on, to the stage’s verdict, to the start and to the end', async (page) => {
  await button(page, 'Step').click();
  await expect(where(page)).toHaveText('minute 3 of 8');
  await button(page, 'Step back').click();
  await button(page, 'Step back').click();
  await expect(where(page)).toHaveText('minute 1 of 8');
  await button(page, 'Advance').click();
  await expect(where(page)).toHaveText('minute 4 of 8');
  await button(page, 'To the end').click();
  await expect(where(page)).toHaveText('minute 8 of 8');
  await expect(states(page)).toHaveAttribute('data-present', 'COMPLETED');
  await button(page, 'To the start').click();
  await expect(where(page)).toHaveText('minute 0 of 8');
  await expect(states(page)).toHaveAttribute('data-present', 'PROGRESSING');
});

test('play goes from the start to the end and stops by itself', async ({ open }) => {
  const page = await open();
  await show(page, BAD);
  await playThrough(page, () => button(page, 'Play again').click());
  await expect(states(page)).toHaveAttribute('data-present', 'ROLLED_BACK');
});

test('Stop leaves the playhead where it is', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  await button(page, 'Play again').click();
  await page.waitForFunction(() => {
    const shown = document.querySelector('canary-rollout').shadowRoot.querySelector('.where').textContent;
    return shown.startsWith('minute 2');
  });
  await button(page, 'Stop').click();
  const frozen = await where(page).innerText();
  // However much time passes.
  await page.clock.install();
  await page.clock.runFor(5_000);
  await expect(where(page)).toHaveText(frozen);
});

calmAt(2, 'the keyboard moves the playhead', async (page) => {
  await playhead(page).focus();
  await page.keyboard.press('ArrowRight');
  await expect(where(page)).toHaveText('minute 3 of 8');
  await page.keyboard.press('Home');
  await expect(where(page)).toHaveText('minute 0 of 8');
});

calmAt(4, 'keys act while the focus is on the rollout over time, and only then', async (page) => {
  await page.locator('canary-rollout').evaluate((element) => element.shadowRoot.activeElement.blur());
  await page.keyboard.press('ArrowRight');
  await expect(where(page)).toHaveText('minute 4 of 8');
  await button(page, 'Step back').focus();
  await page.keyboard.press('ArrowRight');
  await expect(where(page)).toHaveText('minute 5 of 8');
  // A click beside the controls: space plays then, and stops.
  await timeCard(page).click({ position: { x: 4, y: 4 } });
  await page.keyboard.press('End');
  await expect(where(page)).toHaveText('minute 8 of 8');
  await page.keyboard.press(' ');
  await button(page, 'Stop').waitFor();
  await page.keyboard.press(' ');
  await button(page, 'Play').waitFor();
  // In a field they are the field's own.
  const before = await where(page).innerText();
  await page.getByRole('textbox', { name: 'Seed' }).focus();
  await page.keyboard.press('Home');
  await expect(where(page)).toHaveText(before);
});

test('the playhead rests while nobody sees it', async ({ open }) => {
  const page = await open();
  await show(page, { stages: [{ traffic_pct: 5, duration_ticks: 150 }] });
  await button(page, 'Play again').click();
  await button(page, 'Stop').waitFor();
  // It rests when it has stood still for many frames; were it not to rest, it would do so at the end.
  await page.evaluate(async () => {
    document.body.style.marginTop = '5000px';
    scrollTo(0, 0);
    const shown = document.querySelector('canary-rollout').shadowRoot.querySelector('.where');
    for (let [still, text] = [0, '']; still < 60; text = shown.textContent) {
      await new Promise(requestAnimationFrame);
      still = shown.textContent === text ? still + 1 : 0;
    }
  });
  await expect(where(page)).not.toHaveText('minute 150 of 150');
  await page.evaluate(() => (document.body.style.marginTop = '0'));
  await button(page, 'Play again').waitFor();
  await expect(where(page)).toHaveText('minute 150 of 150');
});

calmAt(8, 'a decision’s marker leads to its tick, and a press on a chart to that', async (page) => {
  await marker(page, 4).click();
  await expect(where(page)).toHaveText('minute 4 of 8');
  const box = await chartDrawings(page).first().boundingBox();
  await page.mouse.click(box.x + 51, box.y + 40);
  await expect(where(page)).toHaveText('minute 0 of 8');
});

calmAt(2, 'pause starts a branch that waits; ticks flow on; resume runs to the end', async (page) => {
  await button(page, 'Pause').click();
  await expect(states(page)).toHaveAttribute('data-present', 'PAUSED');
  await expect(message(page)).toHaveText(/new branch/);
  await expect(moveMessage(page)).toHaveText('minute 2, paused, waits for resume, promote or abort');
  await button(page, 'Step').click();
  await button(page, 'Step').click();
  await expect(where(page)).toHaveText('minute 4');
  await expect(states(page)).toHaveAttribute('data-present', 'PAUSED');
  await expect(stageClocks(page).first()).toHaveText('2 of 4 min, 2 paused');
  await button(page, 'Resume').click();
  await expect(where(page)).toHaveText('minute 4 of 10');
  await expect(states(page)).toHaveAttribute('data-present', 'PROGRESSING');
  await button(page, 'To the end').click();
  await expect(states(page)).toHaveAttribute('data-present', 'COMPLETED');
});

calmAt(1, 'promote goes to the next stage at once', async (page) => {
  await button(page, 'Promote').click();
  await expect(headline(page)).toHaveText(/Stage 2 of 2/);
  await expect(where(page)).toHaveText('minute 1 of 5');
});

calmAt(3, 'abort rolls back, and the log says who', async (page) => {
  await button(page, 'Abort').click();
  await expect(states(page)).toHaveAttribute('data-present', 'ROLLED_BACK');
  await expect(log(page)).toHaveText(/by a person/);
  await expect(where(page)).toHaveText('minute 3 of 3');
});

calmAt(3, 'reset leads to the start and forgets the commands', async (page) => {
  await button(page, 'Abort').click();
  await button(page, 'Reset').click();
  await expect(where(page)).toHaveText('minute 0 of 8');
  await expect(decisionItems(page)).toHaveCount(0);
});

calmAt(3, 'a branch in the past drops the commands after it', async (page) => {
  await button(page, 'Abort').click();
  await playhead(page).fill('1');
  await button(page, 'Promote').click();
  await button(page, 'To the end').click();
  await expect(states(page)).toHaveAttribute('data-present', 'COMPLETED');
});

calmAt(8, 'what a state forbids is marked, says why, and is refused in the engine’s words', async (page) => {
  for (const [name, call] of [
    ['Step', 'tick'],
    ['Advance', 'advance'],
    ['Pause', 'pause'],
    ['Resume', 'resume'],
    ['Promote', 'promote'],
    ['Abort', 'abort'],
  ]) {
    const told = button(page, name);
    await expect(told).toHaveAttribute('aria-disabled', 'true');
    await expect(told).toHaveAttribute('title', /completed|has ended/);
    await told.evaluate((element) => element.click());
    const answer = ['tick', 'advance'].includes(call) ? moveMessage(page) : message(page);
    await expect(answer, 'beside the button').toHaveText(refusal(call));
    await expect(states(page)).toHaveAttribute('data-present', 'COMPLETED');
  }
});

test('a seed: another, a wrong one, a new one', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  const seed = page.getByRole('textbox', { name: 'Seed' });
  await seed.fill('41');
  await seed.press('Enter');
  await expect(kicker(page)).toHaveText(/seed 41/);
  for (const wrong of ['abc', '-1', '9007199254740992', '']) {
    await seed.fill(wrong);
    await seed.press('Enter');
    await expect(seedFault(page), wrong).not.toHaveText('');
    await expect(seed, 'it stays, to be mended').toHaveValue(wrong);
    await expect(kicker(page)).toHaveText(/seed 41/);
  }
  await button(page, 'New seed').click();
  await expect(kicker(page)).not.toHaveText(/seed 41\b/);
  await expect(seedFault(page)).toHaveText('');
});

/** What the engine says to a call after the end. */
function refusal(call) {
  const rollout = new_rollout(CALM, 7);
  while (rollout.state !== 'COMPLETED') rollout.tick();
  try {
    rollout[call]();
  } catch (error) {
    return error.message;
  }
}
