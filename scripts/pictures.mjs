#!/usr/bin/env node
// Draws the page: the three pictures of README.md into docs/, which are committed,
// and every view at three widths, light and dark, into pictures/ for review.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { CHROMIUM } from './chromium.mjs';

/** The links of all pictures. */
const LINKS = {
  opening: '',
  'bad-release-midway': 'v=1&preset=twice-the-errors&seed=1&tick=12',
  'paused-by-hand': 'v=1&preset=twice-the-errors&seed=1&at=7:pause&tick=9',
  'evidence-decides': 'v=1&preset=reference&seed=3&config.canary.error_ratio=2',
  'along-traffic': 'v=1&preset=opening&seed=192&along=traffic',
  'view-rollout': 'v=1&preset=opening&seed=192&view=rollout',
  'view-flow': 'v=1&preset=twice-the-errors&seed=1&tick=14&view=flow',
  'view-errors': 'v=1&preset=opening&seed=192&view=errors',
  'view-study': 'v=1&preset=opening&seed=192&view=study',
  measure: 'v=1&preset=opening&seed=192&place=measure',
  find: 'v=1&preset=opening&seed=192&place=find',
  learn: 'v=1&preset=opening&seed=192&place=learn',
  'view-slide': 'v=1&preset=opening&seed=192&view=slide',
  'view-ladder': 'v=1&preset=twice-the-errors&seed=1&tick=12&view=ladder',
  'wrong-link': 'v=1&preset=nothing&at=3:resume&config.stages[0].traffic_pct=much',
  'lesson-veiled': 'v=1&lesson=slow-leak',
};
const WIDTHS = { desktop: 1366, tablet: 820, phone: 320 };
/** The pictures of README.md: the first screen of a link. */
const README = {
  page: { link: 'opening', width: 1366, height: 900 },
  requests: { link: 'view-flow', width: 900, height: 620 },
  lesson: { link: 'lesson-veiled', width: 1100, height: 720 },
};

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const browser = await chromium.launch(CHROMIUM);

for (const [name, { link, width, height }] of Object.entries(README)) {
  await draw(LINKS[link], { width, height, colorScheme: 'light', whole: false }, `docs/${name}.png`);
}
mkdirSync(here('pictures'), { recursive: true });
for (const [name, link] of Object.entries(LINKS)) {
  for (const [size, width] of Object.entries(WIDTHS)) {
    for (const colorScheme of ['light', 'dark']) {
      await draw(link, { width, height: 900, colorScheme, whole: true }, `pictures/${name}-${size}-${colorScheme}.png`);
    }
  }
}
await browser.close();

/** Saves a picture of a link, of its first screen or of the whole page. */
async function draw(link, { width, height, colorScheme, whole }, path) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
  await page.goto(new URL(`../www/index.html#${link}`, import.meta.url).href);
  const settled = page.locator('.effects[data-runs="2000"]:visible').first();
  const studied = async () => {
    if (await page.locator('.effects:visible').first().isVisible()) await settled.waitFor({ timeout: 120_000 });
  };
  await studied();
  if (whole) {
    // Content is laid out only when it is on screen, so the window is made as tall
    // as the page.
    const tall = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height: Math.max(height, tall + 2000) });
    await page.waitForTimeout(300);
    await studied();
  }
  await page.screenshot({ path: here(path), fullPage: whole, animations: 'disabled' });
  await page.close();
  console.log(path);
}
