// The page and its address: the hash is the page's whole state, wherever it is
// opened, and nothing in it does harm.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { expect, expectAccessible, slow, test } from './fixtures.ts';
import {
  button,
  closeEditor,
  enter,
  field,
  goTo,
  headline,
  linkFaults,
  playhead,
  studied,
  surprise,
} from './rollout-page.mjs';

const FROZEN = JSON.parse(readFileSync(new URL('../data/links/v1.json', import.meta.url)));

const report = (page) => page.evaluate(() => JSON.stringify(document.querySelector('canary-rollout').report));
const hash = (page) => page.evaluate(() => location.hash);
const hashIs = (page, wanted) => page.waitForFunction((text) => location.hash === text, wanted);

for (const from of ['file', 'http']) {
  test(`from ${from}, what is done is in the address, and a reload brings it back to the byte`, async ({ open }) => {
    const page = await open({ from });
    assert.equal(await hash(page), '');
    await surprise(page).getByText('This release was fine.').waitFor();
    const entries = await page.evaluate(() => history.length);

    await enter(page, 'canary.error_ratio', '1.01');
    await field(page, 'canary.error_ratio').press('Tab');
    await closeEditor(page);
    await playhead(page).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await button(page, 'Pause').click();
    await button(page, 'Step').click();
    await goTo(page, 'Measure');
    await page.getByLabel('Compare with').selectOption('once');
    const wanted = '#v=1&preset=opening&seed=192&config.canary.error_ratio=1.01&at=1:pause&tick=2&against=once';
    await hashIs(page, wanted);
    // The one step that the way back leads to: another place.
    assert.equal(await page.evaluate(() => history.length), entries + 1);

    const before = await report(page);
    await page.reload();
    assert.equal(await hash(page), wanted);
    assert.equal(await report(page), before);
    await expect(page.getByLabel('Compare with')).toHaveValue('once');
  });
}

test('what was done a moment before leaving is in the address', async ({ open }) => {
  const page = await open({ from: 'http' });
  await button(page, 'To the start').click();
  await page.reload();
  assert.equal(await hash(page), '#v=1&preset=opening&seed=192&tick=0');
});

test('a link without a seed gets one, which a reload keeps', async ({ open }) => {
  const page = await open({ from: 'http', path: 'index.html#preset=healthy' });
  await page.waitForFunction(() => /^#v=1&preset=healthy&seed=\d+$/.test(location.hash));
  const [link, before] = [await hash(page), await report(page)];
  await page.reload();
  assert.equal(await hash(page), link);
  assert.equal(await report(page), before);
});

test('back and forward go from link to link, and to the page as its author wrote it', async ({ open }) => {
  const page = await open({ from: 'http' });
  const shows = (link) =>
    page.waitForFunction((wanted) => document.querySelector('canary-rollout').link === wanted, link);
  const go = (link) =>
    page.evaluate((text) => {
      location.hash = text;
    }, link);
  const [first, second] = ['v=1&preset=healthy&seed=1', 'v=1&preset=reference&seed=2&tick=3&view=errors&theme=dark'];
  await go(first);
  await shows(first);
  await go(second);
  await shows(second);
  await page.goBack();
  await shows(first);
  await page.goBack();
  await shows('v=1&preset=opening&seed=192');
  await page.goForward();
  await shows(first);
  await page.goForward();
  await shows(second);
});

test('every frozen link opens without a fault and stays what it says', async ({ open }) => {
  const page = await open({ from: 'http' });
  for (const { link, says, config } of FROZEN) {
    const opened = await page.evaluate((text) => {
      const element = document.querySelector('canary-rollout');
      element.link = text;
      const { config, seed, view, tick, linkFaults, report, lesson } = element;
      return { config, seed, view, tick, linkFaults, commands: report.commands, lesson };
    }, link);
    assert.deepEqual(opened.lesson, says.lesson ?? null);
    // A lesson begins at its own start, whatever else the link says.
    if (says.lesson) continue;
    delete opened.lesson;
    const { seed, view = null, commands = [] } = says;
    assert.deepEqual(
      opened,
      {
        config,
        seed,
        view,
        tick: says.tick ?? opened.tick,
        linkFaults: [],
        commands: commands.filter(({ tick }) => tick <= opened.tick),
      },
      link,
    );
  }
});

test('in an embed there is no title bar, and the query may name the view', async ({ open }) => {
  const page = await open({ path: 'index.html?embed=1&view=errors#preset=opening&seed=40' });
  await expect(page.getByLabel('Preset')).toBeHidden();
  const title = await page
    .getByRole('heading', { level: 1 })
    .evaluate((h1) => h1.closest('canary-rollout').shadowRoot.querySelector('.bar').getBoundingClientRect().width);
  assert.ok(title <= 1, 'the title is heard, not seen');
  await page.getByText('Failed requests, each minute by itself').waitFor();
  await expect(surprise(page)).toBeHidden();
  await button(page, 'To the start').click();
  await hashIs(page, '#v=1&preset=opening&seed=40&tick=0&view=errors');
  await expectAccessible(page);
});

/** A page that frames the simulator and keeps what it is told. */
const framing = (address, attributes) => `<!doctype html><html lang="en"><title>A course</title>
  <script>
    window.told = [];
    addEventListener('message', ({ data }) => {
      window.told.push(data);
      if (data.subject === 'lti.frameResize') document.querySelector('iframe').style.height = data.height + 'px';
    });
  </script>
  <iframe title="Simulator" style="width: 640px; height: 100px; border: 0" ${attributes} src="${address}"></iframe>`;

for (const [where, attributes] of [
  ['an iframe', ''],
  ['a sandboxed iframe', 'sandbox="allow-scripts"'],
]) {
  test(`in ${where} its height is told as Canvas and OpenLearning want it, and settles`, async ({ open }) => {
    const page = await open({ html: framing('index.html?embed=1&view=errors#preset=opening&seed=192', attributes) });
    const frame = page.frameLocator('iframe');
    await frame.getByRole('button', { name: 'Play' }).waitFor();
    const inside = page.frames()[1];
    const fits = () =>
      page.waitForFunction(() => window.told.at(-1)?.includes?.('resize') && window.told.length % 2 === 0);
    await fits();
    const height = () => inside.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    await page.waitForFunction(() => document.querySelector('iframe').clientHeight > 300);
    assert.equal(await height(), 0);
    const told = await page.evaluate(() => window.told);
    const [object, text] = told.slice(-2);
    assert.deepEqual(object, { subject: 'lti.frameResize', height: await inside.evaluate(() => innerHeight) });
    assert.equal(text, `{"action":"resize","height":${object.height}}`);
    assert.ok(told.length <= 12, `${told.length} messages`);

    // A smaller content is told, too: it is not the frame that is measured.
    await page.evaluate(() => {
      document.querySelector('iframe').style.height = '5000px';
    });
    await inside.evaluate(
      () => (document.querySelector('canary-rollout').style.cssText = 'height: 200px; overflow: hidden'),
    );
    await page.waitForFunction((most) => document.querySelector('iframe').clientHeight < most, object.height);
    await inside.evaluate(() => {
      document.querySelector('canary-rollout').dispatchEvent(new CustomEvent('lessoncomplete', { bubbles: true }));
    });
    await page.waitForFunction(() => window.told.includes('{"action":"complete"}'));
  });
}

test('the framed page without an origin of its own: hash, study and commands work, refusals are borne, the console is silent', async ({
  open,
}) => {
  const page = await open({ html: framing('index.html?embed=1#preset=opening&seed=40', 'sandbox="allow-scripts"') });
  const frame = page.frameLocator('iframe');
  await studied(frame);
  const inside = page.frames()[1];
  assert.equal(await inside.evaluate(() => window.origin), 'null');
  await assert.rejects(
    inside.evaluate(() => localStorage.length),
    /SecurityError/,
  );
  assert.equal(await frame.locator('canary-rollout').evaluate(({ seed }) => seed), 40);
  await frame.getByRole('button', { name: 'To the start' }).click();
  await frame.getByRole('button', { name: 'Pause', exact: true }).click();
  await inside.waitForFunction(() => location.hash === '#v=1&preset=opening&seed=40&at=0:pause');
  // The hash is followed, too.
  await inside.evaluate(() => {
    location.hash = 'preset=healthy&seed=3';
  });
  await inside.waitForFunction(() => document.querySelector('canary-rollout').seed === 3);
  await studied(frame);
  assert.equal(await page.evaluate(() => location.hash), '');
});

test('on its own the page tells nobody its height', async ({ open }) => {
  const page = await open({ from: 'http' });
  const told = await page.evaluate(async () => {
    const messages = [];
    addEventListener('message', ({ data }) => messages.push(data));
    const element = document.querySelector('canary-rollout');
    // After the page had its turn: it tells 100 ms after it has seen another height.
    const turn = new Promise((resolve) => {
      new ResizeObserver(() => element.offsetHeight === 3000 && setTimeout(() => postMessage('turn'), 100)).observe(
        element,
      );
      addEventListener('message', ({ data }) => data === 'turn' && resolve());
    });
    element.style.height = '3000px';
    await turn;
    return messages.filter((data) => data !== 'turn');
  });
  assert.deepEqual(told, []);
});

test('where the address may not be changed, the page goes on', async ({ open }) => {
  const page = await open({ from: 'http' });
  await page.evaluate(() => {
    window.tried = 0;
    history.replaceState = () => {
      window.tried += 1;
      throw new DOMException('not here', 'SecurityError');
    };
  });
  await button(page, 'To the start').click();
  await page.waitForFunction(() => window.tried > 0);
  await button(page, 'Step').click();
  await page.waitForFunction(() => window.tried > 1);
});

const EVIL = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</scr' + 'ipt>';
const evil = encodeURIComponent(EVIL);

/** A hash, and what is said of it. */
const HOSTILE = [
  [
    'markup in every value',
    ['v', 'preset', 'seed', 'tick', 'view', 'theme', 'against', 'bad', 'at', 'config.stages[0].pause', evil]
      .map((key) => `${key}=${evil}`)
      .slice(1)
      .join('&'),
    /preset: found <img src=x onerror=/,
  ],
  ['markup as a version', `v=${evil}`, /of version <img src=x onerror=.*Nothing of it was read/],
  ['unknown keys', 'colour=red&shape=round&seed=3', /colour: unknown key.*shape: unknown key/],
  ['an unknown version', 'v=99&preset=reference&seed=1', /version 99, this page reads version 1/],
  ['a megabyte', `v=1&lesson=${'x'.repeat(1_000_000)}`, /977 kB long, the limit is 64 kB/],
  [
    'prototypes and absurd places',
    'config.__proto__.x=1&config.stages[999999999].x=1&config.constructor.x=1&seed=1',
    /config\.__proto__\.x: no place.*config\.stages\[999999999\]\.x: no place.*config\.constructor\.x: no place/,
  ],
  ['many faults', Array.from({ length: 3000 }, (_, i) => `k${i}=1`).join('&'), /k4: unknown key.*and 2,995 more/],
  ['commands until the end of time', 'seed=1&at=2:pause&at=100000:resume&at=99999:abort', /at: found 99999:abort/],
];
for (const [what, link, said] of HOSTILE) {
  test(`${what} in the address: a readable message, nothing executed, the page alive`, slow, async ({ open }) => {
    const page = await open({ from: 'http', path: `index.html#${link}` });
    await linkFaults(page).getByText('Not all of the link could be used').waitFor();
    assert.match((await linkFaults(page).textContent()).replaceAll('\n', ' '), said);
    await button(page, 'To the start').click();
    await headline(page).waitFor();
    await expect(page.locator('canary-rollout img, canary-rollout script')).toHaveCount(0);
    assert.deepEqual(await page.evaluate(() => [window.harmed, Object.keys(Object.prototype)]), [undefined, []]);
  });
}

test('a configuration that is wrong in the link is the engine’s to name', async ({ open }) => {
  const page = await open({ from: 'http', path: 'index.html#seed=5&config.stages[2].traffic_pct=99&at=1:pause' });
  await page.getByText('The last valid configuration is drawn. In the present one:').waitFor();
  await expect(page.getByLabel('Seed', { exact: true })).toHaveValue('5');
  await linkFaults(page).getByText('at: the configuration is not valid, so no command was given').waitFor();
  await expectAccessible(page);
});

test('the page’s own script needs no more than a strict policy allows', async ({ open }) => {
  const page = await open({
    html: readFileSync(new URL('../../www/index.html', import.meta.url), 'utf8').replace(
      '<meta charset="utf-8">',
      `$&<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'wasm-unsafe-eval'; worker-src blob:">`,
    ),
  });
  await page.evaluate(() => {
    location.hash = 'preset=opening&view=errors&seed=1';
  });
  await hashIs(page, '#v=1&preset=opening&seed=1&view=errors');
});
