// The page starts wherever it lies, and says what to do where it cannot.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assertAccessible, startBrowser } from './harness.mjs';

const { withPage } = startBrowser();
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url)));

for (const from of ['file', 'http']) {
  test(`the page opens from ${from}, engine included`, () =>
    withPage(from, async (page) => {
      await page.waitForFunction(() => customElements.get('canary-rollout'));
      await page.getByText(`Canary Rollout Simulator ${version}`).waitFor();
      await assertAccessible(page);
    }));
}

test('an ES module import defines the element too', () =>
  withPage('http', (page) => page.locator('canary-rollout h2').first().waitFor(), {
    html: `<!doctype html><html lang="en"><title>A course</title>
      <script type="module">import './dist/canary-rollout.mjs'</script>
      <canary-rollout></canary-rollout>`,
  }));

test('without its script, the page says how to build it', () =>
  withPage('http', (page) => page.getByText('make run').waitFor(), {
    html: readFileSync(new URL('../../www/index.html', import.meta.url), 'utf8')
      .replace('dist/canary-rollout.js', 'dist/missing.js'),
    expectedErrors: [/404/, /missing\.js: net::ERR_ABORTED/],
  }));

test('an expected error that does not occur is a failure', () =>
  assert.rejects(withPage('file', async () => {}, { expectedErrors: [/never/] }), /no error/));
