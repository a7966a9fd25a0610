// How the page looks and is read: accessibility, narrow screens, themes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible, startBrowser, takePicture } from './harness.mjs';
import { BAD, CALM, button, headline, playhead, show, studied } from './rollout-page.mjs';

const { withPage } = startBrowser();

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

for (const [view, open] of Object.entries(VIEWS)) {
  for (const { colorScheme, size } of SCREENS) {
    const viewport = SIZES[size];
    test(`${view}, ${colorScheme}, ${size}: accessible, and nothing beside the screen`, () =>
      withPage(
        'file',
        async (page) => {
          await open(page);
          for (const details of await page.locator('details').all())
            await details.evaluate((element) => (element.open = true));
          await assertAccessible(page);
          const { width, texts } = await page.evaluate(measure);
          assert.ok(width <= viewport.width, `${width} px wide`);
          assert.deepEqual(texts, [], 'text under 11 px');
          await takePicture(page, `${view}-${colorScheme}-${size}`);
        },
        { context: { viewport, colorScheme } },
      ));
  }
}

for (const viewport of [
  { width: 320, height: 640 },
  { width: 1366, height: 650 },
]) {
  test(`verdict and play are on the first screen of ${viewport.width} × ${viewport.height}`, () =>
    withPage(
      'file',
      async (page) => {
        for (const shown of [headline(page), page.locator('.verdict-now .tag'), button(page, 'Play')]) {
          const box = await shown.boundingBox();
          assert.ok(box.y + box.height <= viewport.height, `ends at ${box.y + box.height}`);
        }
      },
      { context: { viewport, hasTouch: viewport.width === 320, isMobile: viewport.width === 320 } },
    ));
}

test('targets are 44 px where a finger points', () =>
  withPage(
    'file',
    async (page) => {
      const small = await page
        .locator('canary-rollout')
        .evaluate((element) =>
          [
            ...element.shadowRoot.querySelectorAll(
              'button:not(.marker, .square), select, input:not([type=checkbox]), summary',
            ),
          ]
            .filter((target) => target.checkVisibility() && target.getBoundingClientRect().height < 44)
            .map((target) => target.outerHTML),
        );
      assert.deepEqual(small, []);
    },
    { context: { viewport: SIZES.phone, hasTouch: true, isMobile: true } },
  ));

test('the theme attribute overrides the system’s', () =>
  withPage(
    'file',
    async (page) => {
      const ground = () =>
        page.locator('canary-rollout').evaluate((element) => getComputedStyle(element).backgroundColor);
      const light = await ground();
      await page.locator('canary-rollout').evaluate((element) => element.setAttribute('theme', 'dark'));
      assert.notEqual(await ground(), light);
    },
    { context: { colorScheme: 'light' } },
  ));

test('nothing moves while the page opens and plays', () =>
  withPage('http', async (page) => {
    const shift = await page.evaluate(async () => {
      let moved = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) moved += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
      document.querySelector('canary-rollout').shadowRoot.querySelector('.play').click();
      await new Promise((later) => setTimeout(later, 1500));
      return moved;
    });
    assert.ok(shift < 0.01, `layout shift ${shift}`);
  }));

test('playing moves nothing on the first screen', () =>
  withPage('file', async (page) => {
    await show(page, BAD);
    const tops = () => page.locator('.transport').boundingBox();
    const before = await tops();
    await button(page, 'To the start').click();
    assert.deepEqual(await tops(), before);
  }));

test('headings are in order', () =>
  withPage('file', async (page) => {
    const levels = await page
      .getByRole('heading')
      .evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
    assert.equal(levels[0], 1);
    levels.slice(1).forEach((level, i) => assert.ok(level <= levels[i] + 1, levels.join()));
  }));

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
