// README's JavaScript example, as it stands there, in a real browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startBrowser } from './harness.mjs';

const { withPage } = startBrowser();
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test('the JavaScript example writes what it says it writes', () => {
  const [, example] = readme.match(/```js\n(.*?)```/s);
  const [, expected] = example.match(/console\.log\(.*\);\s*\/\/ (.*)/);
  return withPage(
    'http',
    async (page) => {
      await page.waitForFunction(() => window.written.length > 0);
      assert.deepEqual(await page.evaluate(() => window.written), [expected]);
    },
    {
      html: `<!doctype html><title>README</title>
        <script>window.written = []; console.log = (...values) => window.written.push(values.join(' '));</script>
        <script type="module">${example}</script>`,
    },
  );
});
