// The examples of how the element comes into a page, opened as readers find them.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, expectAccessible, slow, test } from './fixtures.ts';
import { button, headline, studied } from './rollout-page.mjs';

const WWW = fileURLToPath(new URL('../../www/', import.meta.url));
const BUILT = 'dist/examples';

test.afterAll(() => rmSync(join(WWW, BUILT), { recursive: true, force: true }));

const read = (path) => readFileSync(join(WWW, 'examples', path), 'utf8');

/**
 * A page as mdBook and MkDocs make it: Markdown's paragraphs, with the HTML in
 * them as it stands, and the script, copied beside, at the end of the body.
 */
function build(name, markdown, config) {
  const [script] = read(config).match(/[\w-]+\.js/);
  const blocks = read(markdown)
    .trim()
    .split(/\n\n+/)
    .map((block) => (block.startsWith('# ') ? `<h1>${block.slice(2)}</h1>` : `<p>${block}</p>`));
  const path = `${BUILT}/${name}/index.html`;
  const file = join(WWW, path);
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(join(WWW, 'dist/canary-rollout.js'), join(dirname(file), script));
  writeFileSync(
    file,
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,">
     <body><main>${blocks.join('\n')}</main><script src="${script}"></script></body></html>`,
  );
  return path;
}

async function showsTwoParts(page) {
  await expect(page.locator('canary-rollout')).toHaveCount(2);
  await headline(page.locator('canary-rollout').nth(0)).getByText('Rolled back').waitFor();
  await studied(page.locator('canary-rollout').nth(1));
}

const EXAMPLES = {
  plain: {
    path: () => 'examples/plain.html',
    check: async (page) => {
      const first = page.locator('canary-rollout').first();
      await button(first, 'To the start').click();
      await button(first, 'To the end').click();
      await page.getByText(/^opening: Rolled back. Error rate: \d+ of \d+/).waitFor();
      await expect(page.locator('canary-rollout')).toHaveCount(2);
    },
  },
  iframe: {
    path: () => 'examples/iframe.html',
    check: async (page) => {
      await headline(page.frameLocator('iframe')).waitFor();
      await page.waitForFunction(() => {
        const frame = document.querySelector('iframe');
        return frame.height !== '900' && frame.clientHeight === Number(frame.height);
      });
    },
  },
  mdBook: { path: () => build('mdbook', 'mdbook/src/limit.md', 'mdbook/book.toml'), check: showsTwoParts },
  MkDocs: { path: () => build('mkdocs', 'mkdocs/docs/index.md', 'mkdocs/mkdocs.yml'), check: showsTwoParts },
};

for (const [name, { path, check }] of Object.entries(EXAMPLES)) {
  for (const from of ['file', 'http']) {
    test(`the example for ${name} works from ${from}`, slow, async ({ open }) => {
      await check(await open({ from, path: path() }));
    });
  }
}

for (const viewport of [
  { width: 1366, height: 900 },
  { width: 320, height: 640 },
]) {
  test(`two elements on a plain page are accessible and fit into ${viewport.width} px`, slow, async ({ open }) => {
    const page = await open({ path: 'examples/plain.html', context: { viewport } });
    await headline(page.locator('canary-rollout').first()).waitFor();
    await expectAccessible(page);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width);
  });
}
