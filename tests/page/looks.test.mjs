// How the page looks and is read: accessibility, narrow screens, themes.
import assert from 'node:assert/strict';
import { expectAccessible, slow, takePicture, test } from './fixtures.ts';
import {
  answerAnyhow,
  BAD,
  button,
  CALM,
  goTo,
  headline,
  lessonReveal,
  outcome,
  playhead,
  playThrough,
  show,
  strategies,
  studied,
  surprise,
  transport,
} from './rollout-page.mjs';

/** The views a reader comes by, and how to get there. */
const VIEWS = {
  opening: async () => {},
  'rolled-back': (page) => show(page, BAD),
  midway: async (page) => {
    await show(page, CALM);
    await playhead(page).fill('3');
  },
  paused: async (page) => {
    await show(page, CALM);
    await playhead(page).fill('3');
    await button(page, 'Pause').click();
    await button(page, 'Step').click();
  },
  evidence: async (page) => {
    await button(page, 'Let the evidence decide').click();
    await studied(page);
  },
  'planned-looks': (page) => show(page, { ...BAD, rules: [{ rule: 'group_sequential' }] }),
  invalid: (page) => show(page, { ...BAD, stages: [{ traffic_pct: 0, duration_ticks: 0 }] }),
};

const SIZES = { desktop: { width: 1366, height: 900 }, phone: { width: 320, height: 640 } };

const SCREENS = [
  { colorScheme: 'light', size: 'desktop' },
  { colorScheme: 'dark', size: 'desktop' },
  { colorScheme: 'light', size: 'phone' },
];

for (const [view, reach] of Object.entries(VIEWS)) {
  for (const { colorScheme, size } of SCREENS) {
    const viewport = SIZES[size];
    test(`${view}, ${colorScheme}, ${size}: accessible, and nothing beside the screen`, slow, async ({ open }) => {
      const page = await open({ context: { viewport, colorScheme } });
      await reach(page);
      for (const details of await page.locator('details').all())
        await details.evaluate((element) => (element.open = true));
      await expectAccessible(page);
      const { width, texts } = await page.evaluate(measure);
      assert.ok(width <= viewport.width, `${width} px wide`);
      assert.deepEqual(texts, [], 'text under 11 px');
      await takePicture(page, `${view}-${colorScheme}-${size}`);
    });
  }
}

for (const viewport of [
  { width: 320, height: 640 },
  { width: 1366, height: 650 },
]) {
  test(`what was decided is on the first screen of ${viewport.width} × ${viewport.height}`, async ({ open }) => {
    const page = await open({
      context: { viewport, hasTouch: viewport.width === 320, isMobile: viewport.width === 320 },
    });
    // On a phone the scenario and the first sentence, which says what was decided, take the first.
    const shown =
      viewport.width === 320 ? [surprise(page)] : [headline(page), outcome(page), button(page, 'Play again')];
    for (const one of shown) {
      const box = await one.boundingBox();
      assert.ok(box.y + box.height <= viewport.height, `ends at ${box.y + box.height}`);
    }
  });
}

/** What a finger points at, by where it stands and how to get there. */
const TARGETS = {
  'the opening': async () => {},
  'the forms, the plan and the tables': async (page) => {
    await show(page, { ...CALM, rules: [{ rule: 'error_rate_delta', max: 0.05 }, { rule: 'sequential' }] });
    for (const details of await page.locator('canary-rollout details').all())
      await details.evaluate((one) => (one.open = true));
  },
  'the dialog': async (page) => {
    await button(page, 'Embed').click();
    await page.getByRole('dialog').getByRole('combobox', { name: 'As', exact: true }).selectOption('an iframe');
  },
  'the strategies': async (page) => {
    await goTo(page, 'Measure');
    await strategies(page).scrollIntoViewIfNeeded();
  },
  ...Object.fromEntries(
    ['why-in-steps', 'thrown-away', 'slow-leak', 'looking-every-minute', 'state-machine', 'delay', 'burn-rate'].map(
      (name) => [
        `the lesson ${name}`,
        async (page) => {
          await page.locator('canary-rollout').evaluate((element, lesson) => (element.lesson = lesson), name);
          assert.deepEqual(await page.evaluate(tooSmall), []);
          await answerAnyhow(page);
          await button(page, 'Commit my prediction').click();
          await lessonReveal(page).waitFor();
        },
      ],
    ),
  ),
};

for (const [where, reach] of Object.entries(TARGETS)) {
  test(`targets are 44 px where a finger points: ${where}`, slow, async ({ open }) => {
    const page = await open({
      context: { viewport: SIZES.phone, hasTouch: true, isMobile: true, reducedMotion: 'reduce' },
    });
    await reach(page);
    assert.deepEqual(await page.evaluate(tooSmall), []);
  });
}

test('the theme attribute overrides the system’s', async ({ open }) => {
  const page = await open({ context: { colorScheme: 'light' } });
  const ground = () => page.locator('canary-rollout').evaluate((element) => getComputedStyle(element).backgroundColor);
  const light = await ground();
  await page.locator('canary-rollout').evaluate((element) => element.setAttribute('theme', 'dark'));
  assert.notEqual(await ground(), light);
});

/** What may move nothing in sight, besides what a reader has just pressed. */
const STILL = {
  'the page opens, the study answers and the rollout plays to its end': async (page) => {
    await studied(page);
    await playThrough(page, () => button(page, 'Play again').click());
  },
  'another policy is studied': async (page) => {
    await button(page, 'Let the evidence decide').click();
    await studied(page);
  },
  'a command is told': async (page) => {
    await button(page, 'To the start').click();
    await button(page, 'Pause').click();
    await button(page, 'Step').click();
    await studied(page);
  },
};

for (const [what, act] of Object.entries(STILL)) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`nothing moves while ${what}: ${size}`, slow, async ({ open }) => {
      const page = await open({ from: 'http', context: { viewport } });
      await page.evaluate(watchShifts, true);
      await act(page);
      await assertStill(page);
    });
  }
}

test('when a lesson’s veil lifts and its rollout plays, nothing moves', async ({ open }) => {
  const page = await open({ from: 'http', path: 'index.html#v=1&lesson=slow-leak' });
  await page.getByRole('radio').first().check();
  await page.evaluate(watchShifts, false);
  await button(page, 'Commit my prediction').click();
  await button(page, 'Stop').waitFor();
  await page.waitForFunction(() =>
    /^minute [4-9] /.test(document.querySelector('canary-rollout').shadowRoot.querySelector('.where').textContent),
  );
  await assertStill(page);
});

/** Runs in the page: notes what moves by itself, not because of a press just before; `buffered`, also what has. */
function watchShifts(buffered) {
  window.moved = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.moved.push(value);
  }).observe({ type: 'layout-shift', buffered });
}

async function assertStill(page) {
  await page.evaluate(() => new Promise((later) => requestAnimationFrame(() => setTimeout(later))));
  const moved = await page.evaluate(() => window.moved);
  assert.ok(moved.reduce((sum, value) => sum + value, 0) < 0.01, `layout shifts ${moved.join(', ')}`);
}

test('playing moves nothing on the first screen', async ({ open }) => {
  const page = await open();
  await show(page, BAD);
  const tops = () => transport(page).boundingBox();
  const before = await tops();
  await button(page, 'To the start').click();
  assert.deepEqual(await tops(), before);
});

test('headings are in order', async ({ open }) => {
  const page = await open();
  const levels = await page.getByRole('heading').evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
  assert.equal(levels[0], 1);
  levels.slice(1).forEach((level, i) => assert.ok(level <= levels[i] + 1, levels.join()));
});

/**
 * Runs in the page: the targets under 44 px. A box to check is as large as its label;
 * markers and squares of a wall stand close, and have buttons or keys beside them; words of
 * a sentence are as high as its lines, and its title opens the same editor.
 */
function tooSmall() {
  const { shadowRoot } = document.querySelector('canary-rollout');
  const small = (target) => {
    const { width, height } = (target.closest('label') ?? target).getBoundingClientRect();
    return Math.min(width, height) < 43.5;
  };
  return [...shadowRoot.querySelectorAll('button:not(.marker, .square, .piece), select, input, textarea, summary')]
    .filter((target) => target.checkVisibility({ visibilityProperty: true }) && small(target))
    .map(
      (target) =>
        `${target.outerHTML.slice(0, 160)} ${Math.round(target.getBoundingClientRect().width)} × ${Math.round(target.getBoundingClientRect().height)}`,
    );
}

/** Runs in the page: how wide it is, and the texts of charts that are too small. */
function measure() {
  const { shadowRoot } = document.querySelector('canary-rollout');
  const texts = [...shadowRoot.querySelectorAll('svg text')].filter((text) => {
    const svg = text.closest('svg[role=img], svg.time-axis') ?? text.ownerSVGElement;
    const scale = svg.getBoundingClientRect().width / Number(svg.getAttribute('width'));
    return parseFloat(getComputedStyle(text).fontSize) * scale < 11 - 1e-9;
  });
  return { width: document.documentElement.scrollWidth, texts: texts.map((text) => text.textContent) };
}
