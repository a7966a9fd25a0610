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
    const tokens = await page.locator('canary-rollout').evaluate(
      (element, names) => {
        const style = getComputedStyle(element);
        return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
      },
      [...new Set(PAIRS.flatMap(({ over, grounds }) => [...over, ...grounds]))],
    );
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

test('the two themes have the same tokens, whether the system or the host asks for dark', async ({ open }) => {
  const page = await open({ context: { colorScheme: 'dark' } });
  const tokens = () =>
    page.locator('canary-rollout').evaluate((element) => {
      const style = getComputedStyle(element);
      return ['ink', 'paper', 'card', 'canary', 'harm', 'on'].map((name) => style.getPropertyValue(`--${name}`));
    });
  const system = await tokens();
  await page.emulateMedia({ colorScheme: 'light' });
  assert.notDeepEqual(await tokens(), system);
  await page.locator('canary-rollout').evaluate((element) => element.setAttribute('theme', 'dark'));
  assert.deepEqual(await tokens(), system);
});

/** The contrast ratio of two colours `#rrggbb` or `#rgb`, from 1 to 21. */
function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance as WCAG defines it. */
function luminance(colour) {
  const hex = colour.slice(1).replace(/^(.)(.)(.)$/, '$1$1$2$2$3$3');
  const [r, g, b] = [0, 2, 4].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
