#!/usr/bin/env node
// Draws README's picture: the page as it opens on a desktop.
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../tests/page/harness.mjs';

const here = (path) => new URL(`../${path}`, import.meta.url);

const browser = await launchChromium();
const page = await browser.newPage({ viewport: { width: 1366, height: 900 } });
await page.goto(here('www/index.html').href);
await page.locator('[data-present]').waitFor();
// The study's first full answer.
await page.locator('.effects[data-runs="2000"]').waitFor();
await page.screenshot({ path: fileURLToPath(here('docs/page.png')), animations: 'disabled' });
await browser.close();
console.log('docs/page.png');
