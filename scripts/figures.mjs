#!/usr/bin/env node
// Prints the cost of the page: bytes, time to the first chart, frames during play,
// the longest task, memory. The figures are not asserted, because all except the
// bytes depend on the machine.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from '@playwright/test';
import { CHROMIUM } from './chromium.mjs';
import './size.mjs';

/** By how much the processor is throttled, to simulate a phone. */
const THROTTLE = 4;
const RESETS = 1000;
const SCRIPT = readFileSync(new URL('../www/dist/canary-rollout.js', import.meta.url));

/** The element is in the page before the script, so all of its work is done when the script ends. */
const DOCUMENT = `<!doctype html><html lang="en"><title>Figures</title>
  <canary-rollout preset="twice-the-errors" seed="1" hero></canary-rollout>
  <script>performance.mark('start');</script>
  <script src="dist/canary-rollout.js"></script>
  <script>performance.mark('drawn'); requestAnimationFrame(() => setTimeout(() => performance.mark('painted')));</script>`;

const server = createServer(serve);
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const browser = await chromium.launch(CHROMIUM);
for (const rate of [1, THROTTLE]) {
  const { page, devtools } = await open(rate);
  const slow = rate === 1 ? '' : `, processor ${rate} times slower`;
  const { drawn, painted } = await firstChart(page);
  tell(`first chart after script start${slow}`, `${ms(drawn)} drawn, ${ms(painted)} on screen`);
  await page.locator('.effects[data-runs="2000"]:visible').first().waitFor({ timeout: 120_000 });
  const { p95, most } = await frames(page);
  tell(`frames at play${slow}`, `p95 ${ms(p95)}, longest ${ms(most)}`);
  tell(`longest task so far on the main thread${slow}`, ms(await page.evaluate(() => Math.max(0, ...window.tasks))));
  if (rate === 1) tell(`memory after ${RESETS} resets`, await memory(page, devtools));
  await page.close();
}
await browser.close();
server.closeAllConnections();
server.close();

async function open(rate) {
  const page = await browser.newPage({ viewport: { width: 1366, height: 900 } });
  await page.addInitScript(() => {
    window.tasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.tasks.push(duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate });
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  return { page, devtools };
}

function serve({ url }, response) {
  const [type, body] = {
    '/': ['text/html', DOCUMENT],
    '/dist/canary-rollout.js': ['text/javascript', SCRIPT],
  }[url] ?? ['text/plain', ''];
  response.writeHead(200, { 'content-type': type }).end(body);
}

/** Milliseconds from the script's start until its charts are drawn, and until they are painted. */
async function firstChart(page) {
  await page.waitForFunction(() => performance.getEntriesByName('painted').length > 0);
  return page.evaluate(() => {
    const at = (name) => performance.getEntriesByName(name)[0].startTime;
    if (!document.querySelector('canary-rollout').shadowRoot.querySelector('figure .line')) throw new Error('no chart');
    return { drawn: at('drawn') - at('start'), painted: at('painted') - at('start') };
  });
}

/** Plays a rollout of 20 ticks; returns the intervals between frames in milliseconds. */
async function frames(page) {
  return page.evaluate(async () => {
    const { shadowRoot } = document.querySelector('canary-rollout');
    const play = shadowRoot.querySelector('.play');
    play.click();
    const intervals = [];
    let last = performance.now();
    while (play.ariaLabel === 'Stop') {
      await new Promise(requestAnimationFrame);
      intervals.push(performance.now() - last);
      last = performance.now();
    }
    intervals.sort((a, b) => a - b);
    return { p95: intervals[Math.floor(intervals.length * 0.95)], most: intervals.at(-1) };
  });
}

/** The JavaScript heap before and after resets, after garbage collection. */
async function memory(page, devtools) {
  await devtools.send('Performance.enable');
  const used = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'JSHeapUsedSize').value;
  };
  const resets = (times) =>
    page.evaluate(async (count) => {
      const reset = document.querySelector('canary-rollout').shadowRoot.querySelector('[data-call=reset]');
      for (let i = 0; i < count; i += 1) {
        reset.click();
        if (i % 20 === 0) await new Promise(requestAnimationFrame);
      }
    }, times);
  await resets(20);
  const before = await used();
  await resets(RESETS);
  return `${megabytes(await used())}, before them ${megabytes(before)}`;
}

function tell(what, figure) {
  console.log(`page: ${what}: ${figure}`);
}

function ms(duration) {
  return `${duration.toFixed(duration < 100 ? 1 : 0)} ms`;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
