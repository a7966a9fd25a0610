// The page starts wherever it lies, and says what to do where it cannot.
import { readFileSync } from 'node:fs';
import { expectAccessible, test } from './fixtures.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url)));

for (const from of ['file', 'http']) {
  test(`the page opens from ${from}, engine included`, async ({ open }) => {
    const page = await open({ from });
    await page.waitForFunction(() => customElements.get('canary-rollout'));
    await page.getByText(`Canary Rollout Simulator ${version}`).waitFor();
    await expectAccessible(page);
  });
}

test('an ES module import defines the element too', async ({ open }) => {
  const page = await open({
    html: `<!doctype html><html lang="en"><title>A course</title>
    <script type="module">import './dist/canary-rollout.mjs'</script>
    <canary-rollout></canary-rollout>`,
  });
  await page.locator('canary-rollout h2').first().waitFor();
});

test('without its script, the page says how to build it', async ({ open }) => {
  const page = await open({
    html: readFileSync(new URL('../../www/index.html', import.meta.url), 'utf8').replace(
      'dist/canary-rollout.js',
      'dist/missing.js',
    ),
    expectedErrors: [/404/, /missing\.js: net::ERR_ABORTED/],
  });
  await page.getByText('make run').waitFor();
});

test.fail('an expected error that does not occur is a failure', async ({ open }) => {
  await open({ expectedErrors: [/never/] });
});

test.fail('an error that is not expected is a failure', async ({ open }) => {
  const page = await open();
  await page.evaluate(() => console.error('something'));
});
