// The element where pages put it: behind a content security policy, twice on a
// page, put in and taken out.
import assert from 'node:assert/strict';
import { expect, test } from './fixtures.ts';
import { BAD, button, chartOf, studied, where } from './rollout-page.mjs';

const document = (body) => `<!doctype html><html lang="en"><title>A course</title>
  <script src="dist/canary-rollout.js"></script>${body}`;

test('a strict content security policy lets it run, its worker too', async ({ open }) => {
  const page = await open({
    html: document('<canary-rollout preset="opening" seed="192"></canary-rollout>'),
    headers: {
      'content-security-policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:",
    },
  });
  await studied(page);
  await button(page, 'Let the evidence decide').click();
  await chartOf(page, 'evidence').waitFor();
  await studied(page);
  // And it is styled, by its sheet and where its parts have a place of their own.
  const look = (selector, name) =>
    page
      .locator(selector)
      .first()
      .evaluate((part, property) => getComputedStyle(part)[property], name);
  assert.equal(await look('canary-rollout', 'backgroundColor'), 'rgb(251, 250, 247)');
  assert.equal(await look('.card', 'borderRadius'), '12px');
  assert.equal(await look('.markers', 'position'), 'relative');
  assert.match(await look('.stage-labels span:last-child', 'left'), /^\d{3}.*px$/, 'placed at its stage');
  await button(page, 'Embed').click();
  assert.equal(await look('dialog canary-rollout', 'backgroundColor'), 'rgb(251, 250, 247)');
  await page.keyboard.press('Escape');
});

test('moved into another document, it keeps its style', async ({ open }) => {
  const page = await open({
    html: document('<canary-rollout></canary-rollout><iframe title="Another" width="900" height="600"></iframe>'),
  });
  await page.evaluate(() => {
    const frame = document.querySelector('iframe');
    frame.contentDocument.body.append(document.querySelector('canary-rollout'));
  });
  const card = page.frameLocator('iframe').locator('.card').first();
  assert.equal(
    await card.evaluate((part) => part.ownerDocument.defaultView.getComputedStyle(part).borderRadius),
    '12px',
  );
});

test('two elements on a page have nothing to do with each other', async ({ open }) => {
  const page = await open({
    html: document(`<canary-rollout id="one" preset="opening" seed="192"></canary-rollout>
    <canary-rollout id="other" seed="8" config='${JSON.stringify(BAD)}'></canary-rollout>`),
  });
  const [one, other] = [page.locator('#one'), page.locator('#other')];
  await one.getByRole('button', { name: 'Step back', exact: true }).click();
  await expect(where(one)).toHaveText(/^minute 2 of 3$/);
  await expect(where(other)).toHaveText(/^minute 1 of 1/);
  await other.getByRole('textbox', { name: 'Seed' }).fill('9');
  await other.getByRole('textbox', { name: 'Seed' }).press('Enter');
  assert.equal(await one.evaluate((element) => element.seed), 192);
  assert.equal(await other.evaluate((element) => element.seed), 9);
});

test('added and removed a hundred times, nothing grows', async ({ open }) => {
  const page = await open({ html: document('') });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const used = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  const times = (n) =>
    page.evaluate(async (count) => {
      for (let i = 0; i < count; i += 1) {
        const element = document.createElement('canary-rollout');
        element.setAttribute('preset', 'opening');
        document.body.append(element);
        await new Promise(requestAnimationFrame);
        element.remove();
      }
    }, n);
  // The first few warm caches.
  await times(20);
  const before = await used();
  await times(100);
  const after = await used();
  // One element has about two thousand nodes: not one of a hundred stays.
  for (const what of ['Nodes', 'JSEventListeners']) {
    assert.ok(after[what] - before[what] < 1000, `${what}: ${before[what]}, then ${after[what]}`);
  }
  assert.ok(
    after.JSHeapUsedSize - before.JSHeapUsedSize < 4e6,
    `${after.JSHeapUsedSize - before.JSHeapUsedSize} bytes more`,
  );
});
