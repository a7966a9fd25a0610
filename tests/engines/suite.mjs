// What must hold in every browser: the main flows, from disk and over HTTP, without an error;
// the figures of the engine, to the last bit; a layout like Chromium's.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test as testOnce } from 'node:test';
import * as engine from '../../www/dist/engine/engine.js';
import { CanaryPage } from './canary-page.mjs';
import { Browser, eventually, serveWatchedPage } from './harness.mjs';

engine.initSync();
const data = (path) => JSON.parse(readFileSync(new URL(`../data/${path}`, import.meta.url), 'utf8'));
const preset = (name) => JSON.parse(engine.presets().find((one) => one.name === name).json);

/** The report of a rollout at its end, or in a pause that waits for a person, as the text of its JSON. */
function reportOf(config, seed) {
  const rollout = engine.new_rollout(config, seed);
  rollout.run();
  return JSON.stringify(rollout.report());
}

const OPENING = '#v=1&preset=opening&seed=192';
const LONG = '#v=1&preset=healthy&seed=7&config.rules=[]&config.stages=[{"traffic_pct":5,"duration_ticks":10000}]';

/** Waits until the report on the page has these bytes. */
async function reports(page, expected) {
  await eventually(async () => {
    const shown = await page.report();
    if (shown === expected) return 'the same';
    const at = Array.from(expected).findIndex((letter, i) => letter !== shown[i]);
    return `${shown.slice(at - 80, at + 40)}, in place of ${expected.slice(at - 80, at + 40)}`;
  }, 'the same');
}

/** Each flow: what is opened, and what happens then. */
const FLOWS = {
  'the page opens with a verdict': {
    path: OPENING,
    act: async (page) => {
      await page.find('heading', /^Rolled back at minute 3/);
      await page.says(/false rollback/);
      await page.says(/5 of 108 canary requests failed/);
    },
  },
  'Play goes to the end': {
    path: `${OPENING}&tick=0`,
    act: async (page) => {
      await page.says(/minute 0 of 3/);
      await page.click('button', 'Play');
      await page.says(/minute 3 of 3/);
      await page.find('button', 'Play again');
      assert.equal(await page.element((element) => element.state), 'ROLLED_BACK');
    },
  },
  'a step, a pause, and its answer': {
    path: `${OPENING}&tick=1`,
    act: async (page) => {
      await page.click('button', 'Step');
      await page.says(/minute 2 of 3/);
      await page.click('button', 'Pause');
      await page.says(/pause at minute 2/);
      assert.equal(await page.element((element) => element.state), 'PAUSED');
    },
  },
  'an edit of a field is another rollout, and undone it is the same again': {
    path: OPENING,
    act: async (page) => {
      const before = await page.report();
      await page.type('Limit', '10');
      const config = preset('opening');
      config.rules[0].max = 0.1;
      await reports(page, reportOf(config, 192));
      await page.click('button', 'Undo');
      await reports(page, before);
    },
  },
  'a study counts to its runs, with the figures of the engine': {
    path: `${OPENING}&place=measure`,
    act: async (page) => {
      const beside = [{ field: 'canary.error_ratio', value: 1.5 }];
      const study = engine.new_study(preset('opening'), { set: beside, runs: 2000, seed: 100 });
      study.advance(study.runs);
      const { healthy, release } = study.report();
      await page.says(/from 2,000 rollouts/);
      await page.says(new RegExp(`about ${of100(healthy.p_rollback)} of 100 healthy releases are thrown away`));
      await page.says(new RegExp(`about ${of100(release.p_completed)} of 100 bad releases are missed`));
    },
  },
  'a lesson is solved': {
    path: '#v=1&lesson=slow-leak',
    act: async (page) => {
      await page.find('heading', 'The slow leak');
      await page.element((element) => {
        window.told = [];
        element.addEventListener('prediction', ({ detail }) => window.told.push(detail));
      });
      await page.click('radio', 'Two: it is caught at 25 %');
      await page.click('button', 'Commit my prediction');
      await page.says(/You were right/);
      assert.deepEqual(await page.element(() => window.told), [
        { lesson: 'slow-leak', answer: 'Two: it is caught at 25 %', right: true },
      ]);
    },
  },
  'a task of the course is done': {
    path: '#v=1&lesson=run',
    act: async (page) => {
      await page.find('heading', 'See a rollout complete');
      await page.element((element) => {
        window.told = [];
        element.addEventListener('lessoncomplete', ({ detail }) => window.told.push(detail));
      });
      await page.click('button', 'Check');
      await page.says(/final state: completed; it is progressing/);
      await page.click('button', 'To the end');
      await page.click('button', 'Check');
      await page.says(/Done/);
      assert.deepEqual(await page.element(() => window.told), [{ lesson: 'run', tries: 2 }]);
    },
  },
  'the places, one at a time': {
    path: OPENING,
    act: async (page) => {
      await page.click('tab', 'Measure');
      await page.says(/bad releases are missed/);
      await page.click('tab', 'Find');
      await page.says(/What may change of the policy/);
      await page.click('tab', 'Learn');
      await page.says(/Learn what a canary does/);
      await page.click('tab', 'Watch');
      await page.find('heading', /^Rolled back at minute 3/);
    },
  },
  'recorded counts are read, fitted and replayed': {
    path: '#place=yours',
    act: async (page) => {
      await page.click('button', 'Try a week of counts');
      await page.says(/7.days in 1,008 steps/);
      await page.says(/Requests that fail/);
      await page.click('button', 'Try a recorded release');
      await page.says(/Two versions/);
      await page.click('button', 'Replay this policy on it');
      await page.says(/Replaying recorded counts of release\.csv/);
      await page.says(/Nobody knows whether this release is bad/);
      const recorded = () => page.element(({ report }) => report.recorded?.source ?? null);
      assert.equal(await recorded(), 'both_arms');
      await page.click('button', 'Return to the simulated world');
      assert.equal(await recorded(), null);
    },
  },
  'a view alone, as another page embeds it': {
    path: `?embed=1&view=errors${OPENING}`,
    act: async (page) => {
      await page.find('button', 'Play again');
      await page.find('heading', /^Rolled back at minute 3/);
      for (const other of ['Share or embed', 'New seed']) assert.deepEqual(await page.all('button', other), []);
    },
  },
  'a rollout of 10,000 ticks': {
    path: LONG,
    act: async (page) => {
      await page.find('heading', /^Promoted to all traffic at minute 10,000/);
      const { config } = await page.element((element) => element.report);
      await reports(page, reportOf(config, 7));
    },
  },
};

/**
 * Runs in a framed page: the boxes of its parts, and how wide it is. The frame is made as high
 * as the page. All browsers draw all of it, without a scrollbar, in the same letters: `system-ui` is one font for
 * Chromium and Firefox, and another for WebKitGTK.
 */
function measure() {
  const { shadowRoot } = document.querySelector('canary-rollout');
  if (!window.evened) {
    window.evened = new CSSStyleSheet();
    window.evened.replaceSync(
      '* { content-visibility: visible !important; font-family: "Liberation Sans" !important }',
    );
    shadowRoot.adoptedStyleSheets.push(window.evened);
    document.documentElement.style.scrollbarWidth = 'none';
  }
  const { scrollWidth, scrollHeight } = document.documentElement;
  frameElement.style.height = `${scrollHeight}px`;
  const parts = {};
  for (const element of shadowRoot.querySelectorAll('[part]')) {
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const { left, top, width, height } = element.getBoundingClientRect();
    parts[element.part.value] = { left, top, width, height };
  }
  return { parts, scrollWidth };
}

/** What a person would see in which a layout differs from Chromium's. */
function differences(here, there, width) {
  const off = [];
  if (Object.keys(there.parts).length === 0) off.push('no part in Chromium');
  if (here.scrollWidth > width) off.push(`${here.scrollWidth} px wide in ${width} px`);
  for (const part of new Set([...Object.keys(here.parts), ...Object.keys(there.parts)])) {
    const [box, other] = [here.parts[part], there.parts[part]];
    if (!box || !other) off.push(`${part} is ${box ? 'not' : 'only'} in Chromium`);
    else
      for (const [side, most] of Object.entries(TOLERANCE_PX)) {
        const by = Math.round(box[side] - other[side]);
        if (Math.abs(by) > most) off.push(`${part}: ${side} off by ${by} px`);
      }
  }
  return off;
}

/** Of a hundred releases; of fewer than ten the page tells a tenth. */
const of100 = ({ estimate }) => Math.round(100 * estimate);

/** What is laid out, at which width, and what it says when its figures are there. */
const LAYOUTS = [
  ...[1366, 320].flatMap((width) => [
    { what: 'watch', path: OPENING, width, says: /from 2,000 rollouts/ },
    { what: 'measure', path: `${OPENING}&place=measure`, width, says: /from 2,000 rollouts/ },
    { what: 'find', path: `${OPENING}&place=find`, width, says: /What must hold/ },
    { what: 'learn', path: `${OPENING}&place=learn`, width, says: /Learn what a canary does/ },
  ]),
  ...Object.entries({
    rollout: /minute 3/,
    flow: /minute 3/,
    errors: /minute 3/,
    study: /from 2,000 rollouts/,
    ladder: /minute 3/,
    slide: /minute 3/,
  }).map(([view, says]) => ({ what: `view-${view}`, path: `?embed=1&view=${view}${OPENING}`, width: 640, says })),
];
/** How far a part may be off: to the side hardly, in height by a line of text that breaks elsewhere. */
const TOLERANCE_PX = { left: 8, width: 8, height: 24, top: 48 };

/**
 * Defines the tests of a browser.
 * @param {'firefox' | 'webkit'} name
 */
export function testEngine(name) {
  describe(name, () => {
    let site;
    let browser;
    let page;

    before(async () => {
      site = await serveWatchedPage();
      browser = await Browser.start(name);
      page = new CanaryPage(browser);
    });
    const test = (what, act) => testOnce(what, () => browser.survive(act));
    after(async () => {
      await browser?.close();
      await site?.close();
    });

    for (const from of ['file', 'http']) {
      for (const [what, { path, act }] of Object.entries(FLOWS)) {
        test(`${what}, by ${from}`, async () => {
          await browser.open(site.url(from, `index.html${path}`));
          await act(page);
          await browser.assertNoErrors();
        });
      }

      test(`the address opens the same again, by ${from}`, async () => {
        await browser.open(site.url(from, `index.html${OPENING}&tick=2`));
        await page.click('button', 'Pause');
        await page.says(/pause at minute 2/);
        const report = await page.report();
        assert.match(report, /"final_state":"PAUSED"/);
        await eventually(() => browser.run(() => /at=2:pause/.test(location.hash)), true);
        const address = await browser.driver.getCurrentUrl();
        await browser.assertNoErrors();
        await browser.open(address);
        await reports(page, report);
        await browser.assertNoErrors();
      });
    }

    describe('laid out as in Chromium', () => {
      let chromium;
      before(async () => {
        chromium = await Browser.start('chromium');
      });
      after(() => chromium?.close());

      for (const { what, path, width, says } of LAYOUTS) {
        test(`${what} at ${width} px`, async () => {
          const both = [browser, chromium];
          for (const one of both) {
            await one.openFramed(site.url('http', 'frame.html'), site.url('http', `index.html${path}`), width);
            await new CanaryPage(one).says(says);
          }
          try {
            // Some parts are filled later, in one browser before the other.
            await eventually(async () => {
              const [here, there] = await Promise.all(both.map((one) => one.run(measure)));
              return differences(here, there, width);
            }, []);
          } finally {
            for (const one of both) await one.takePicture(`${what}-${width}`);
          }
          for (const one of both) await one.assertNoErrors();
        });
      }
    });

    test('the reports have the bytes that the engine gives in Node', async () => {
      await browser.open(site.url('http'));
      for (const { name: preset, json } of engine.presets()) {
        for (const seed of [1, 42, 192]) {
          await page.element((element, link) => (element.link = link), `v=1&preset=${preset}&seed=${seed}`);
          await reports(page, reportOf(json, seed));
        }
      }
      await browser.assertNoErrors();
    });

    test('the recorded demo, and published links, have their figures', async () => {
      await browser.open(site.url('http', `index.html#v=1&preset=default&seed=42`));
      await reports(page, JSON.stringify(data('golden/demo.json')));
      // A lesson hides its rollout until there is a prediction.
      for (const { link, rollout } of data('links/v1.json').filter(({ says }) => !says.lesson)) {
        await page.element((element, text) => (element.link = text), link);
        await eventually(
          () =>
            page.element((element) => {
              element.tick = Number.MAX_SAFE_INTEGER;
              const { final_state, outcome, metrics } = element.report;
              const { ticks, canary, baseline } = metrics;
              return { final_state, outcome, ticks, canary_errors: canary.errors, baseline_errors: baseline.errors };
            }),
          rollout,
        );
      }
      await browser.assertNoErrors();
    });
  });
}
