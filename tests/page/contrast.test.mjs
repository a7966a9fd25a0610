// Contrast, computed from the tokens: WCAG 2.2, success criteria 1.4.3 and 1.4.11.
import assert from 'node:assert/strict';
import { test } from './fixtures.ts';

/** Tokens of text, on what grounds, and tokens of marks and edges. */
const PAIRS = [
  { least: 4.5, over: ['ink', 'ink-2', 'ink-3', 'harm'], grounds: ['paper', 'card', 'band'] },
  { least: 4.5, over: ['on-text'], grounds: ['on'] },
  // A cross on a square, and a rolled back marker's arrow.
  { least: 4.5, over: ['card'], grounds: ['harm', 'ink'] },
  { least: 3, over: ['baseline', 'canary', 'harm', 'edge', 'ink'], grounds: ['paper', 'card', 'band'] },
];

for (const colorScheme of ['light', 'dark']) {
  test(`text and marks stand out, ${colorScheme}`, async ({ open }) => {
    const page = await open({ context: { colorScheme } });
    const tokens = await coloursOf(page, [...new Set(PAIRS.flatMap(({ over, grounds }) => [...over, ...grounds]))]);
    for (const { least, over, grounds } of PAIRS) {
      for (const one of over) {
        for (const ground of grounds) {
          const ratio = contrast(tokens[one], tokens[ground]);
          assert.ok(ratio >= least, `${one} ${tokens[one]} on ${ground} ${tokens[ground]}: ${ratio.toFixed(2)}`);
        }
      }
    }
  });
}

/** The colours that tokens stand for where the element is shown, as `rgb(…)`. */
const coloursOf = (page, names) =>
  page.locator('canary-rollout').evaluate(({ shadowRoot }, all) => {
    const probe = document.createElement('span');
    shadowRoot.append(probe);
    const colours = all.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    });
    probe.remove();
    return Object.fromEntries(colours);
  }, names);

const SOME = ['ink', 'paper', 'card', 'canary', 'harm', 'on'];
const dark = (page) => page.locator('canary-rollout').evaluate((element) => element.setAttribute('theme', 'dark'));

test('the two themes have the same tokens, whether the system or the host asks for dark', async ({ open }) => {
  const page = await open({ context: { colorScheme: 'dark' } });
  const system = await coloursOf(page, SOME);
  await page.emulateMedia({ colorScheme: 'light' });
  assert.notDeepEqual(await coloursOf(page, SOME), system);
  await dark(page);
  assert.deepEqual(await coloursOf(page, SOME), system);
});

/** A documentation site's own switch, and what the element is then, whatever the system prefers. */
const SITES = [
  ['html { color-scheme: dark }', 'dark'],
  ['html { color-scheme: light }', 'light'],
  ['body { color-scheme: dark }', 'dark'],
  ['', 'light'],
];
for (const [style, scheme] of SITES) {
  for (const colorScheme of ['light', 'dark']) {
    test(`on a page with “${style}” it is ${scheme}, where the system is ${colorScheme}`, async ({ open }) => {
      const page = await open({
        context: { colorScheme },
        html: `<!doctype html><html lang="en"><title>A course</title><style>${style}</style>
          <script src="dist/canary-rollout.js" defer></script><canary-rollout></canary-rollout>`,
      });
      const shown = await coloursOf(page, SOME);
      await page.locator('canary-rollout').evaluate((element, theme) => element.setAttribute('theme', theme), scheme);
      assert.deepEqual(await coloursOf(page, SOME), shown);
      await page
        .locator('canary-rollout')
        .evaluate((element, theme) => element.setAttribute('theme', theme), scheme === 'dark' ? 'light' : 'dark');
      assert.notDeepEqual(await coloursOf(page, SOME), shown);
    });
  }
}

/** The contrast ratio of two colours `rgb(r, g, b)`, from 1 to 21. */
function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance as WCAG defines it. */
function luminance(colour) {
  const [r, g, b] = colour.match(/[\d.]+/g).map((channel) => {
    const part = Number(channel) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
