#!/usr/bin/env node
// Draws the still picture of each lesson with a prediction, www/lessons/NAME.svg, for print and for
// pages without JavaScript: the failed requests of its rollout, saved with the
// page's own button.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { drawnToItsEnd, STILL } from '../tests/page/lesson-still.mjs';
import { CHROMIUM } from './chromium.mjs';

const www = (path) => new URL(`../www/${path}`, import.meta.url);

const browser = await chromium.launch(CHROMIUM);
const page = await browser.newPage(STILL);
await page.goto(www('index.html').href);
for (const file of readdirSync(www('lessons/')).filter((name) => name.endsWith('.json'))) {
  if (!JSON.parse(readFileSync(www(`lessons/${file}`), 'utf8')).predict) continue;
  const name = file.replace('.json', '');
  const figure = await drawnToItsEnd(page, name);
  await figure.locator('summary').click();
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    figure.getByRole('button', { name: 'Save as SVG' }).click(),
  ]);
  await figure.locator('summary').click();
  await saved.saveAs(fileURLToPath(www(`lessons/${name}.svg`)));
  console.log(`www/lessons/${name}.svg`);
}
await browser.close();
