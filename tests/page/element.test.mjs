// The element as a host sees it: properties, methods and events.
import assert from 'node:assert/strict';
import { expect, test } from './fixtures.ts';
import { BAD, button, CALM, enter, field, goTo, headline, message, playhead, studied } from './rollout-page.mjs';

const HTML = `<!doctype html><html lang="en"><title>A course</title>
  <script>
    window.events = [];
    for (const name of ['statechange', 'viewchange', 'decision', 'studyprogress']) {
      document.addEventListener(name, ({ detail }) => window.events.push({ name, detail }));
    }
  </script>
  <script src="dist/canary-rollout.js" defer></script>
  <canary-rollout preset="opening" seed="192"></canary-rollout>`;

/** Opens a host's page; `it` evaluates a function of the element. */
const withElement =
  (act) =>
  async ({ open }) => {
    const page = await open({ html: HTML });
    await page.waitForFunction(() => customElements.get('canary-rollout'));
    const it = (change, argument) => page.locator('canary-rollout').evaluate(change, argument);
    const events = async (...names) => {
      const all = await page.evaluate(() => window.events.splice(0));
      return all.filter(({ name }) => names.includes(name));
    };
    await act(page, it, events);
  };

const ROLLOUT = ['statechange', 'viewchange', 'decision'];

test(
  'what the host sets is shown, told in no event and written into no attribute',
  withElement(async (page, it, events) => {
    const seen = await it(
      (element, [calm, bad]) => {
        const look = () => [element.config.name, element.seed, element.tick, element.state, element.view, element.link];
        const looks = [look()];
        element.config = calm;
        element.seed = 5;
        element.tick = 3;
        looks.push(look());
        element.config = JSON.stringify(bad);
        element.view = 'study';
        looks.push(look());
        element.setAttribute('seed', '7');
        element.view = null;
        element.link =
          'preset=default&seed=3&at=2:pause&tick=4&theme=dark&view=errors&against=once&bad=20&along=traffic';
        looks.push(look());
        return { looks, attributes: element.getAttributeNames(), hash: location.hash };
      },
      [CALM, BAD],
    );
    const calm = 'config.name=a%20calm%20one';
    assert.deepEqual(
      seen.looks.map((look) => look.slice(0, 5)),
      [
        ['opening', 192, 3, 'ROLLED_BACK', null],
        ['a calm one', 5, 3, 'PROGRESSING', null],
        ['a bad one', 5, seen.looks[2][2], 'ROLLED_BACK', 'study'],
        ['default', 3, 4, 'PAUSED', 'errors'],
      ],
    );
    const links = seen.looks.map((look) => look[5]);
    assert.equal(links[0], 'v=1&preset=opening&seed=192');
    assert.ok(links[1].includes(calm) && links[1].endsWith('&tick=3'), links[1]);
    assert.equal(
      links[3],
      'v=1&preset=default&seed=3&at=2:pause&tick=4&view=errors&theme=dark&against=once&bad=20&along=traffic',
    );
    assert.deepEqual(seen.attributes, ['preset', 'seed']);
    assert.equal(seen.hash, '');
    assert.deepEqual(await events(...ROLLOUT), []);
    await headline(page).getByText('Paused').waitFor();
  }),
);

test('what was set before the element was defined holds', async ({ open }) => {
  const page = await open({
    html: `<!doctype html><html lang="en"><title>A course</title><canary-rollout></canary-rollout>
    <script>
      Object.assign(document.querySelector('canary-rollout'), { tick: 4, seed: 11, config: ${JSON.stringify(CALM)} });
    </script>
    <script src="dist/canary-rollout.js"></script>`,
  });
  await page.waitForFunction(() => document.querySelector('canary-rollout')?.shadowRoot);
  const [name, seed, tick, early, late] = await page.evaluate(() => {
    const made = document.createElement('canary-rollout');
    made.link = 'preset=reference&seed=8';
    made.tick = 2;
    const before = [made.state, made.report, made.tick, made.link];
    document.body.append(made);
    const element = document.querySelector('canary-rollout');
    return [element.config.name, element.seed, element.tick, before, made.link];
  });
  assert.deepEqual([name, seed, tick], ['a calm one', 11, 4]);
  assert.deepEqual(early, [null, null, null, '']);
  assert.equal(late, 'v=1&preset=reference&seed=8&tick=2');
});

test(
  'methods play the rollout and tell it, and throw what the engine says',
  withElement(async (page, it, events) => {
    const told = await it((element, config) => {
      const messageOf = (call) => {
        try {
          element[call]();
        } catch (error) {
          return error instanceof Error ? error.message : 'no Error';
        }
        return null;
      };
      element.config = config;
      element.reset();
      const ways = ['step', 'resume', 'pause', 'pause', 'step', 'resume', 'advance', 'promote', 'abort'].map((call) => [
        call,
        messageOf(call),
        element.tick,
        element.state,
      ]);
      const { report } = element;
      report.decisions.length = 0;
      return { ways, decisions: element.report.decisions.length, commands: element.report.commands.length };
    }, CALM);
    assert.deepEqual(told.ways, [
      ['step', null, 1, 'PROGRESSING'],
      ['resume', 'resume(): the rollout is PROGRESSING, expected PAUSED', 1, 'PROGRESSING'],
      ['pause', null, 1, 'PAUSED'],
      ['pause', 'pause(): the rollout is PAUSED, expected PROGRESSING', 1, 'PAUSED'],
      ['step', null, 2, 'PAUSED'],
      ['resume', null, 2, 'PROGRESSING'],
      ['advance', null, 5, 'PROGRESSING'],
      ['promote', null, 5, 'COMPLETED'],
      ['abort', 'abort(): the rollout is COMPLETED, expected PROGRESSING or PAUSED', 5, 'COMPLETED'],
    ]);
    assert.equal(told.commands, 3);
    assert.equal(told.decisions, 4);
    assert.deepEqual(
      (await events('statechange')).map(({ detail }) => detail),
      [
        { state: 'PROGRESSING', tick: 0 },
        { state: 'PAUSED', tick: 1 },
        { state: 'PROGRESSING', tick: 2 },
        { state: 'COMPLETED', tick: 5 },
      ],
    );
  }),
);

test(
  'a decision is told when the playhead passes it or a command makes it, and not when it goes back',
  withElement(async (page, it, events) => {
    await it((element, config) => {
      element.config = config;
      element.tick = 0;
    }, CALM);
    await button(page, 'Advance').click();
    await button(page, 'To the start').click();
    await button(page, 'Step').click();
    await button(page, 'Pause').click();
    await button(page, 'Abort').click();
    const decisions = (await events('decision')).map(({ detail }) => [detail.tick, detail.action, detail.by]);
    assert.deepEqual(decisions, [
      [4, 'promote', 'policy'],
      [1, 'pause', 'person'],
      [1, 'rollback', 'person'],
    ]);
  }),
);

test(
  'the view has changed once when the playhead has come to rest, and never while it plays',
  withElement(async (page, it, events) => {
    await it((element, config) => {
      element.config = config;
      element.play();
    }, CALM);
    await page.waitForFunction(() => document.querySelector('canary-rollout').tick === 8);
    const told = await events(...ROLLOUT);
    assert.deepEqual(
      told.filter(({ name }) => name === 'viewchange'),
      [],
    );
    assert.deepEqual(
      told.filter(({ name }) => name === 'decision').map(({ detail }) => detail.action),
      ['promote', 'complete'],
    );
    await it((element) => {
      element.tick = 0;
      element.play();
    });
    await page.waitForFunction(() => document.querySelector('canary-rollout').tick === 2);
    await it((element) => element.freeze());
    const [{ detail }, ...more] = await events('viewchange');
    assert.deepEqual(more, []);
    assert.equal(detail.link, await it((element) => element.link));
    assert.match(detail.link, /&tick=\d$/);
  }),
);

test(
  'what a reader edits, drags, scrubs and chooses changes the view, once each',
  withElement(async (page, it, events) => {
    const changed = async () => (await events('viewchange')).map(({ detail }) => detail.link);
    await enter(page, 'canary.error_ratio', '2');
    await field(page, 'canary.error_ratio').press('Tab');
    assert.deepEqual(await changed(), ['v=1&preset=opening&seed=192&config.canary.error_ratio=2']);
    await playhead(page).focus();
    await page.keyboard.press('Home');
    assert.deepEqual(await changed(), ['v=1&preset=opening&seed=192&config.canary.error_ratio=2&tick=0']);
    await goTo(page, 'Measure');
    const measured = 'v=1&preset=opening&seed=192&config.canary.error_ratio=2&tick=0';
    assert.deepEqual(await changed(), [`${measured}&place=measure`]);
    await page.getByLabel('Compare with').selectOption('once');
    // A link that speaks of a study opens Measure by itself.
    assert.deepEqual(await changed(), [`${measured}&against=once`]);
    await goTo(page, 'Watch');
    assert.deepEqual(await changed(), [`${measured}&against=once&place=watch`]);

    const handle = page.getByRole('slider', { name: /limit/i }).first();
    await handle.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await handle.boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y - 40, { steps: 5 });
    assert.deepEqual(await changed(), []);
    await page.mouse.up();
    const [link, ...more] = await changed();
    assert.match(link, /config\.rules\[0\]\.max=0\.0/);
    assert.deepEqual(more, []);
  }),
);

test(
  'the study tells how far it is',
  withElement(async (page, it, events) => {
    await studied(page);
    const progress = (await events('studyprogress')).map(({ detail }) => detail);
    assert.ok(progress.length > 1);
    assert.deepEqual(progress.at(-1), { done: 2000, runs: 2000 });
    assert.ok(progress.every(({ done, runs }) => done >= 0 && done <= runs));
  }),
);

test(
  'a forbidden command and a bad seed in a link are named in the page, which goes on',
  withElement(async (page, it) => {
    await it((element) => {
      element.link = 'preset=default&seed=many&at=3:resume&at=4:pause&tick=6';
    });
    const faults = page.getByRole('status').filter({ hasText: 'Not all of the link' });
    await faults.getByText('seed: found many, expected a whole number from 0 to 9007199254740991').waitFor();
    await faults.getByText('at=3:resume: resume(): the rollout is PROGRESSING, expected PAUSED').waitFor();
    assert.equal(await it((element) => element.state), 'PAUSED');
    assert.equal((await it((element) => element.linkFaults)).length, 2);
    await button(page, 'Dismiss').click();
    await expect(faults).toHaveCount(0);
    await button(page, 'Abort').click();
    await message(page).getByText('abort at minute 6').waitFor();
  }),
);
