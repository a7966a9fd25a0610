// Rollouts that are long or dear: the page's own thread is never given more of the engine
// than it answers beside. Counted in ticks, which are the same on every machine.
import assert from 'node:assert/strict';
import { expect, slow, test } from './fixtures.ts';
import { BAD, button, CALM, headline, linkFaults, message, playhead, simulation, where } from './rollout-page.mjs';

/** What a call of the engine, and what a task of the page, may run and tell, in ticks. */
const MOST_OF_A_CALL = 250;
const MOST_OF_A_TASK = 1_000;
/** Some of these run for a while, and longer where others run beside them. */
const PATIENCE = { timeout: 300_000 };

/** Counts the ticks that each call of the engine runs or tells on the page's thread. */
function instrument() {
  const Original = WebAssembly.Instance;
  const seen = (window.engine = { call: 0, task: 0, calls: 0 });
  let ofTask = 0;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    ofTask = 0;
  };
  const count = (ticks) => {
    if (ofTask === 0) port2.postMessage(null);
    ofTask += ticks;
    seen.calls += 1;
    seen.call = Math.max(seen.call, ticks);
    seen.task = Math.max(seen.task, ofTask);
  };
  WebAssembly.Instance = function Instance(module, imports) {
    const { exports } = new Original(module, imports);
    const counted = Object.fromEntries(
      ['tick', 'advance', 'run', 'replay_for', 'report', 'series', 'to_json'].map((name) => [
        `rollout_${name}`,
        (pointer, ...rest) => {
          const before = exports.rollout_ticks(pointer);
          const result = exports[`rollout_${name}`](pointer, ...rest);
          const after = exports.rollout_ticks(pointer);
          count(/report|series|json/.test(name) ? after : after - before);
          return result;
        },
      ]),
    );
    const replay = (...args) => {
      const result = exports.replay(...args);
      if (result[0]) count(exports.rollout_ticks(result[0]));
      return result;
    };
    return { exports: { ...exports, ...counted, replay } };
  };
}

const HTML = `<!doctype html><html lang="en"><title>A course</title>
  <script>(${instrument})()</script>
  <script src="dist/canary-rollout.js"></script>
  <canary-rollout preset="opening" seed="192"></canary-rollout>`;

/** Opens a page that counts; `it` evaluates a function of the element. */
const counted =
  (act) =>
  async ({ open }) => {
    const page = await open({ html: HTML });
    const it = (change, argument) => page.locator('canary-rollout').evaluate(change, argument);
    await act(page, it);
    const { call, task, calls } = await page.evaluate(() => window.engine);
    assert.ok(calls > 3, `${calls} calls were counted`);
    assert.ok(call <= MOST_OF_A_CALL, `a call of ${call} ticks`);
    assert.ok(task <= MOST_OF_A_TASK, `a task of ${task} ticks`);
  };

const link = (stages, rules, rest = '') =>
  `v=1&preset=healthy&seed=1&config.stages=${JSON.stringify(stages)}&config.rules=${JSON.stringify(rules)}${rest}`;
const oneStage = (duration_ticks) => [{ traffic_pct: 50, duration_ticks }];
const everyTick = (rule) => ({ ...rule, look: 'every_tick' });

const PLAIN = link(oneStage(100_000), [everyTick({ rule: 'error_rate', max: 0.9 })]);
const HEAVY = {
  'a hundred thousand ticks': PLAIN,
  'a latency looked at every tick of a thousand': link(oneStage(1_000), [
    everyTick({ rule: 'latency_delta_ms', max: 50 }),
  ]),
  'mann_whitney over the whole of two hundred ticks': link(oneStage(200), [
    everyTick({ rule: 'mann_whitney', alpha: 1e-12, window: 'rollout' }),
  ]),
  'thousands of commands': link(
    [
      { traffic_pct: 5, duration_ticks: 30_000 },
      { traffic_pct: 50, duration_ticks: 30_000 },
    ],
    [],
    Array.from({ length: 4_000 }, (_, i) => `&at=${3 + i * 20}:${i % 2 ? 'resume' : 'pause'}`).join(''),
  ),
};

/** The rollout has taken the place of the opening one, or is refused for what it costs. */
const settled = (page) =>
  page.waitForFunction(
    () => {
      const { shadowRoot } = document.querySelector('canary-rollout');
      return (
        /of [\d,]{3,}/.test(shadowRoot.querySelector('.where').textContent) ||
        shadowRoot.querySelector('.notice').textContent
      );
    },
    null,
    PATIENCE,
  );

for (const [name, heavy] of Object.entries(HEAVY)) {
  test(
    `${name}: the page answers`,
    slow,
    counted(async (page, it) => {
      const told = await it((element, text) => {
        element.link = text;
        return [element.link, element.linkFaults];
      }, heavy);
      // Known at once, though nothing of it is simulated yet.
      assert.deepEqual(told[1], []);
      assert.ok(told[0].includes('seed=1') && told[0].includes('preset=healthy'), told[0].slice(0, 99));
      await settled(page);
      // Back, on, and to the start: each is looked at beside the page.
      if (/of [\d,]{3,}/.test(await where(page).innerText())) {
        const length = await playhead(page).evaluate((slider) => Number(slider.max));
        for (const tick of [Math.floor(length / 2), 3, Math.floor(length / 3)]) {
          await it((element, to) => (element.tick = to), tick);
          await page.waitForFunction(
            (to) => document.querySelector('canary-rollout').report.metrics.ticks === to,
            tick,
            PATIENCE,
          );
        }
      }
    }),
  );
}

test(
  'what was drawn stays until a long rollout is there, which its event tells',
  slow,
  counted(async (page, it) => {
    const before = await it((element, text) => {
      window.told = [];
      element.addEventListener('statechange', ({ detail }) => window.told.push(detail));
      element.link = text;
      return [element.state, element.tick, element.config.stages[0].duration_ticks, window.told.length];
    }, PLAIN);
    assert.deepEqual(before, ['ROLLED_BACK', 3, 100_000, 0]);
    await simulation(page)
      .filter({ hasText: /Simulating… [\d,]+ of 100,000 ticks/ })
      .waitFor(PATIENCE);
    await expect(headline(page)).toHaveText(/^Rolled back at minute 3/);
    await headline(page).getByText('Promoted to all traffic at minute 100,000').waitFor(PATIENCE);
    assert.deepEqual(await page.evaluate(() => window.told), [{ state: 'COMPLETED', tick: 100_000 }]);
    await expect(simulation(page)).toHaveText('');
  }),
);

test(
  'a newer edit takes the place of a long rollout, whenever it comes',
  slow,
  counted(async (page, it) => {
    await it(
      (element, [text, bad]) => {
        element.link = text;
        element.config = bad;
      },
      [PLAIN, BAD],
    );
    await headline(page).getByText('Rolled back').waitFor();
    await it((element, text) => (element.link = text), PLAIN);
    await simulation(page).filter({ hasText: 'Simulating' }).waitFor(PATIENCE);
    await it((element, calm) => (element.config = calm), CALM);
    await headline(page).getByText('Promoted to all traffic at minute 8').waitFor();
    await expect(simulation(page)).toHaveText('');
    // And another long one that takes the place of a long one.
    await it((element, text) => (element.link = text), PLAIN);
    await it((element, text) => (element.link = text), link(oneStage(2_000), []));
    await headline(page).getByText('at minute 2,000').waitFor(PATIENCE);
  }),
);

test(
  'Stop leaves what was drawn and says so; Simulate begins again',
  slow,
  counted(async (page, it) => {
    await it((element, text) => (element.link = `${text}&tick=5`), PLAIN);
    await button(page, 'Stop').click(PATIENCE);
    await simulation(page).filter({ hasText: 'What is drawn is the rollout before' }).waitFor();
    await expect(where(page)).toHaveText(/^minute 3 of 3$/);
    await button(page, 'Simulate').click();
    await page.waitForFunction(
      () => document.querySelector('canary-rollout').report.metrics.ticks === 5,
      null,
      PATIENCE,
    );
    await expect(where(page)).toHaveText(/^minute 5 of 100,000$/);
  }),
);

test(
  'a long rollout is told a command, undone, and its forbidden commands are named',
  slow,
  counted(async (page, it) => {
    await it(
      (element, text) => (element.link = `${text}&at=3:resume&at=9:pause&at=12:resume`),
      link(oneStage(3_000), []),
    );
    await linkFaults(page).filter({ hasText: 'at=3:resume: resume(): the rollout is PROGRESSING' }).waitFor(PATIENCE);
    assert.deepEqual(await it((element) => element.linkFaults.length), 1);
    await headline(page).getByText('at minute 3,003').waitFor(PATIENCE);
    await it((element) => {
      element.tick = 2_000;
      element.abort();
    });
    await headline(page).getByText('Rolled back at minute 2,000').waitFor(PATIENCE);
    await button(page, 'Undo').click();
    await where(page).filter({ hasText: 'of 3,003' }).waitFor(PATIENCE);
    // What the rollout's state forbids is refused in the engine's words, here too.
    await it((element) => {
      element.tick = 3_003;
      element.resume();
    });
    await message(page).filter({ hasText: 'resume(): the rollout is COMPLETED' }).waitFor(PATIENCE);
    await expect(where(page)).toHaveText(/^minute 3,003 of 3,003$/);
  }),
);

test(
  'where no worker is allowed, a rollout of some length is run on the page, a long one is refused in words',
  slow,
  async ({ open }) => {
    const page = await open({
      html: HTML.replace(/<script>.*<\/script>\n/s, '<script src="dist/canary-rollout.js"></script>'),
      headers: {
        'content-security-policy':
          "default-src 'self' 'unsafe-inline'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-inline'; worker-src 'none'",
      },
      expectedErrors: [/worker/i],
    });
    const it = (change, argument) => page.locator('canary-rollout').evaluate(change, argument);
    await it((element, text) => (element.link = text), link(oneStage(400), []));
    await headline(page).getByText('at minute 400').waitFor(PATIENCE);
    await it((element, text) => (element.link = text), PLAIN);
    await simulation(page).filter({ hasText: 'worker-src blob:' }).waitFor(PATIENCE);
    await expect(headline(page)).toHaveText(/at minute 400/);
  },
);
