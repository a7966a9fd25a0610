// The JavaScript examples of the documents, as they stand there, in a real browser. The
// last `console.log` of each has what it writes in a comment behind it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from './fixtures.ts';

const root = new URL('../../', import.meta.url);
const docs = readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md'));
const papers = ['README.md', 'notes.md', 'CONTRIBUTING.md', ...docs.map((name) => `docs/${name}`)];
const examples = papers.flatMap((path) =>
  [...readFileSync(new URL(path, root), 'utf8').matchAll(/```js\n(.*?)```/gs)].map(([, text], i) => ({
    path,
    text,
    i,
  })),
);

test('there are examples', () => assert.ok(examples.length > 0));

for (const { path, text, i } of examples) {
  test(`JavaScript example ${i + 1} of ${path} writes what it says it writes`, async ({ open }) => {
    const [, expected] = text.match(/console\.log\(.*\);\s*\/\/ (.*)/);
    const page = await open({
      html: `<!doctype html><title>${path}</title>
      <script>window.written = []; console.log = (...values) => window.written.push(values.join(' '));</script>
      <script type="module">${text}</script>`,
    });
    await page.waitForFunction(() => window.written.length > 0);
    assert.deepEqual(await page.evaluate(() => window.written), [expected]);
  });
}
