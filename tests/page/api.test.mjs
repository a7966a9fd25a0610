// The engine's interface as JavaScript sees it, in a real browser: types,
// bytes, and a readable `Error` for whatever nobody should have passed.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from './fixtures.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

test.beforeAll(() => execFileSync('cargo', ['build', '--quiet'], { cwd: ROOT, stdio: 'inherit' }));

/** The engine as `window.engine`, and two helpers for what runs in the page. */
const HTML = `<!doctype html><title>The engine alone</title>
<script type="module">
  import init, * as engine from './pkg/canary_rollout.js';
  await init();
  window.messageOf = (act) => {
    try {
      act();
    } catch (error) {
      return error instanceof Error ? error.message : 'thrown, but no Error: ' + String(error);
    }
    return null;
  };
  window.MINIMAL = { stages: [{ traffic_pct: 10 }, { traffic_pct: 50 }] };
  window.engine = engine;
</script>`;

/** Evaluates a function in a page that has the engine. */
async function inPage(open, act, argument) {
  const page = await open({ html: HTML });
  await page.waitForFunction(() => window.engine);
  return page.evaluate(act, argument);
}

/** What the program writes for the same configuration. */
function native(args, input = '') {
  return spawnSync(`${ROOT}target/debug/canary-rollout`, args, { input, encoding: 'utf8' });
}

/** No trace of a panic, and words a person can act on. */
function assertReadable(message, name) {
  assert.equal(typeof message, 'string', `${name}: nothing was thrown`);
  assert.ok(message.length > 10, `${name}: ${message}`);
  assert.doesNotMatch(message, /unreachable|panicked|no Error|\[object|memory access/, name);
}

test('the exports are of the types that the .d.ts names', async ({ open }) => {
  const types = await inPage(open, () => {
    const { engine, MINIMAL } = window;
    const typeOf = (value) => (value !== null && typeof value === 'object' ? value.constructor.name : typeof value);
    const all = (object) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, typeOf(value)]));
    const rollout = engine.new_rollout({ ...MINIMAL, error_rate_threshold: 0.1 }, 1);
    rollout.tick();
    const { rules, ...columns } = rollout.series();
    return {
      exports: all(engine),
      calls: [
        'tick',
        'advance',
        'run',
        'pause',
        'resume',
        'promote',
        'abort',
        'allowed',
        'to_json',
        'report',
        'series',
        'replay_for',
        'free',
      ].filter((name) => typeof rollout[name] !== 'function'),
      state: rollout.state,
      seed: rollout.seed,
      ticks: rollout.ticks,
      allowed: rollout.allowed(),
      nothing: typeOf(rollout.pause()),
      json: typeOf(rollout.to_json()),
      report: typeOf(rollout.report()),
      columns: all(columns),
      rule: rules.map(all),
      defaults: typeOf(engine.default_config()),
      schema: engine.config_schema().$schema,
      presets: engine.presets().map(all),
      validation: engine.validate({ ...MINIMAL, error_rate_threshold: 0.1 }),
      version: engine.version(),
    };
  });
  const { exports, columns, rule, presets, ...rest } = types;
  for (const name of [
    'new_rollout',
    'replay',
    'default_config',
    'presets',
    'catalogue',
    'validate',
    'config_schema',
    'version',
    'Rollout',
  ]) {
    assert.equal(exports[name], 'function', name);
  }
  assert.deepEqual(rest, {
    calls: [],
    state: 'PROGRESSING',
    seed: 1,
    ticks: 1,
    allowed: ['tick', 'advance', 'pause', 'promote', 'abort'],
    nothing: 'undefined',
    json: 'string',
    report: 'Object',
    defaults: 'Object',
    schema: 'https://json-schema.org/draft/2020-12/schema',
    validation: { problems: [], more: 0, warnings: [] },
    version,
  });
  const { stage, state, phase, ...floats } = columns;
  assert.deepEqual([stage, state, phase], ['Uint32Array', 'Uint8Array', 'Uint8Array']);
  assert.deepEqual(new Set(Object.values(floats)), new Set(['Float64Array']));
  assert.deepEqual(rule, [
    {
      verdict: 'Uint8Array',
      observed: 'Float64Array',
      limit: 'Float64Array',
      canary_limit: 'Float64Array',
    },
  ]);
  assert.ok(presets.length > 5);
  for (const preset of presets) {
    assert.deepEqual(preset, { name: 'string', description: 'string', json: 'string' });
  }
});

test('an object, its text and the command line give the same bytes', async ({ open }) => {
  const seeds = [0, 7, 42, Number.MAX_SAFE_INTEGER];
  const names = ['default', 'opening', 'twice-the-errors'];
  const results = await inPage(
    open,
    ([names, seeds]) => {
      const { new_rollout, presets } = window.engine;
      const json = (config, seed) => {
        const rollout = new_rollout(config, seed);
        rollout.run();
        return rollout.to_json();
      };
      return names.flatMap((name) => {
        const text = presets().find((preset) => preset.name === name).json;
        return seeds.map((seed) => ({
          name,
          seed,
          fromText: json(text, seed),
          fromObject: json(JSON.parse(text), seed),
        }));
      });
    },
    [names, seeds],
  );
  assert.equal(results.length, names.length * seeds.length);
  for (const { name, seed, fromText, fromObject } of results) {
    assert.equal(fromObject, fromText, `${name}, seed ${seed}`);
    assert.equal(`${fromText}\n`, native(['run', name, '--seed', String(seed)]).stdout, `${name}, seed ${seed}`);
  }
});

test('a seed is a number, a bigint, a text, or random and shown', async ({ open }) => {
  const { given, random, refused } = await inPage(open, () => {
    const { engine, MINIMAL, messageOf } = window;
    const seed = (value) => engine.new_rollout(MINIMAL, value).seed;
    const wrong = {
      '-1': -1,
      '2^53': 2 ** 53,
      1.5: 1.5,
      '"abc"': 'abc',
      NaN: NaN,
      Infinity: Infinity,
      '{}': {},
      '[]': [],
      '""': '',
      true: true,
      '-1n': -1n,
      '2n ** 64n': 2n ** 64n,
      symbol: Symbol('x'),
      '1e3': '1e3',
    };
    return {
      given: [7, 7n, '7', '0007', 0, 2 ** 53 - 1, 2n ** 53n - 1n, '9007199254740991'].map(seed),
      random: [undefined, null, undefined, null].map(seed),
      refused: Object.entries(wrong).map(([name, value]) => [name, messageOf(() => seed(value))]),
    };
  });
  const most = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(given, [7, 7, 7, 7, 0, most, most, most]);
  assert.ok(
    random.every((seed) => Number.isSafeInteger(seed) && seed >= 0),
    String(random),
  );
  assert.equal(new Set(random).size, random.length);
  for (const [name, message] of refused) {
    assert.match(message ?? '', /^seed: found .+, expected a whole number from 0 to 9007199254740991$/, name);
    assert.doesNotMatch(message, /JsValue/, name);
  }
});

test('three faults are the same three lines as on the command line', async ({ open }) => {
  const config = {
    tick_seconds: 0,
    baseline: { error_rate: 2 },
    stages: [{ traffic_pct: 50 }, { traffic_pct: 25 }],
  };
  const { thrown, problems } = await inPage(
    open,
    (config) => ({
      thrown: window.messageOf(() => window.engine.new_rollout(config, 1)),
      problems: window.engine.validate(config).problems.map(({ path, message }) => `${path}: ${message}`),
    }),
    config,
  );
  const lines = native(['validate', '-'], JSON.stringify(config))
    .stderr.trimEnd()
    .split('\n')
    .map((line) => line.replace(/^-:\d+:\d+: /, ''));
  assert.equal(lines.length, 3);
  assert.deepEqual(thrown.split('\n'), lines);
  assert.deepEqual(problems, lines);
});

test('what is no configuration is refused in words', async ({ open }) => {
  const results = await inPage(open, () => {
    const { engine, MINIMAL, messageOf } = window;
    const cyclic = { ...MINIMAL };
    cyclic.self = cyclic;
    let deep = [];
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    const stages = (count, stage) =>
      Array.from({ length: count }, (_, i) => ({ traffic_pct: (i + 1) / 200, ...stage }));
    const wrong = {
      NaN: NaN,
      'a number': 3,
      null: null,
      undefined: undefined,
      'a function': () => MINIMAL,
      'a symbol': Symbol('x'),
      'a bigint': 1n,
      'a bigint within': { ...MINIMAL, tick_seconds: 60n },
      'a Date': new Date(0),
      'a Date within': { ...MINIMAL, tick_seconds: new Date(0) },
      'a Map': new Map([['stages', []]]),
      'an array': [MINIMAL],
      cyclic: cyclic,
      deep: deep,
      'a getter that throws': {
        get stages() {
          throw new Error('no stages today');
        },
      },
      'a toJSON that throws': {
        toJSON() {
          throw new Error('no JSON today');
        },
      },
      'a value of NaN': { ...MINIMAL, error_rate_threshold: NaN },
      'a value of Infinity': { ...MINIMAL, tick_seconds: Infinity },
      'a value of 1e308': { ...MINIMAL, traffic: { requests_per_second: 1e308 } },
      'a share of 1e308': { stages: [{ traffic_pct: 1e308 }] },
      'no stages': { stages: [] },
      '10,000 stages': { stages: stages(10_000) },
      'a stage of a billion ticks': { stages: stages(1, { duration_ticks: 1e9 }) },
      'an unknown key': { ...MINIMAL, colour: 'amber' },
      'empty text': '',
      '10 MB of brackets': '['.repeat(10_000_000),
      '1 MB of brackets': '['.repeat(1_000_000),
      'a key twice': '{"stages": [{"traffic_pct": 5, "traffic_pct": 6}]}',
      'text cut short': '{"stages": [{"traffic_pct": 5}',
      'a lone surrogate': '{"name": "\ud800", "stages": []}',
    };
    return Object.entries(wrong).map(([name, config]) => {
      const thrown = messageOf(() => engine.new_rollout(config, 1));
      const { problems } = engine.validate(config);
      return { name, thrown, problems };
    });
  });
  for (const { name, thrown, problems } of results) {
    assertReadable(thrown, name);
    assert.ok(problems.length > 0, name);
    for (const { message } of problems) assert.ok(thrown.includes(message), `${name}: ${message}`);
  }
});

test('a name with markup is the same text in the result', async ({ open }) => {
  const name = '<img src=x onerror=alert(1)>"\\\u2028é';
  const back = await inPage(
    open,
    (name) => {
      const { engine, MINIMAL } = window;
      const rollout = engine.new_rollout({ ...MINIMAL, name }, 1);
      return [rollout.report().config.name, JSON.parse(rollout.to_json()).config.name];
    },
    name,
  );
  assert.deepEqual(back, [name, name]);
});

test('a refused call throws the engine’s words and changes no byte', async ({ open }) => {
  const refusals = await inPage(open, () => {
    const { engine, MINIMAL, messageOf } = window;
    const calls = ['tick', 'advance', 'pause', 'resume', 'promote', 'abort'];
    const ways = [[], ['pause'], ['abort'], ['abort', 'advance'], ['promote', 'promote']];
    return ways.flatMap((way) => {
      const rollout = engine.new_rollout({ ...MINIMAL, rollback_ticks: 2 }, 3);
      for (const call of way) rollout[call]();
      const [state, before, allowed] = [rollout.state, rollout.to_json(), rollout.allowed()];
      return calls
        .filter((call) => !allowed.includes(call))
        .map((call) => {
          const message = messageOf(() => rollout[call]());
          return { call, state, message, same: rollout.to_json() === before };
        });
    });
  });
  assert.deepEqual(
    [...new Set(refusals.map(({ state }) => state))],
    ['PROGRESSING', 'PAUSED', 'ROLLING_BACK', 'ROLLED_BACK', 'COMPLETED'],
  );
  for (const { call, state, message, same } of refusals) {
    assert.ok(message?.startsWith(`${call}(): the rollout is ${state}, expected `), `${call} ${state}: ${message}`);
    assert.ok(same, `${call} in ${state}`);
  }
});

test('every series has an element a tick', async ({ open }) => {
  const results = await inPage(open, () => {
    const { engine } = window;
    return engine.presets().map(({ name, json }) => {
      const rollout = engine.new_rollout(json, 7);
      const lengths = [];
      while (rollout.ticks < 12 && rollout.allowed().includes('tick')) {
        const { rules, ...columns } = rollout.series();
        const all = [...Object.values(columns), ...rules.flatMap((rule) => Object.values(rule))];
        lengths.push(all.every((column) => column.length === rollout.ticks));
        rollout.tick();
      }
      const series = rollout.series();
      return {
        name,
        lengths: lengths.every(Boolean),
        rules: series.rules.length,
        canaryErrors: series.canary_errors.reduce((sum, errors) => sum + errors, 0),
        report: rollout.report(),
      };
    });
  });
  for (const { name, lengths, rules, canaryErrors, report } of results) {
    assert.ok(lengths, name);
    assert.equal(rules, (report.rules ?? report.config.rules).length, name);
    assert.equal(canaryErrors, report.metrics.canary.errors, name);
  }
});

/** Configurations that use every parameter, rule and command. */
const SCENARIOS = JSON.parse(readFileSync(`${ROOT}tests/data/golden/scenarios.json`, 'utf8'));

test('report() is the object of to_json(), of every preset, scenario and study', async ({ open }) => {
  const differences = await inPage(
    open,
    (scenarios) => {
      const { engine } = window;
      const differences = [];
      // The strict equality of values, and keys in the same order.
      const same = (a, b) =>
        Object.is(a, b) ||
        (a !== null &&
          b !== null &&
          typeof a === 'object' &&
          typeof b === 'object' &&
          Object.getPrototypeOf(a) === Object.getPrototypeOf(b) &&
          Object.keys(a).join() === Object.keys(b).join() &&
          Object.keys(a).every((key) => same(a[key], b[key])));
      const check = (name, results) => {
        const [report, json] = [results.report(), JSON.parse(results.to_json())];
        if (!same(report, json)) differences.push([name, report, json]);
      };
      for (const { name, json } of engine.presets()) {
        for (const command of [null, 'pause', 'abort']) {
          const rollout = engine.new_rollout(json, 7);
          check(`${name} at its start`, rollout);
          rollout.tick();
          if (command && rollout.allowed().includes(command)) rollout[command]();
          rollout.run();
          check(`${name} ${command}`, rollout);
        }
        // A policy without stages has those of the configuration, which a controller has not.
        const stages = engine.new_rollout(json, 7).report().config.stages ? {} : { stages: [{ traffic_pct: 50 }] };
        const policies = [{ policy: { rules: [], ...stages } }];
        const study = engine.new_study(json, { runs: 30, policies });
        check(`a study of ${name} at its start`, study);
        study.advance(30);
        check(`a study of ${name}`, study);
      }
      const sweep = { field: 'canary.error_ratio', values: [1, 2, 50] };
      const study = engine.new_study(engine.presets()[0].json, { runs: 30, seed: 2 ** 53 - 30, sweep });
      study.advance(30);
      check('a sweep', study);
      const vary = ['stages[*].duration_ticks=2,4', { field: 'error_rate_threshold', from: 0.005, to: 0.05, count: 3 }];
      const hold = ['missed_regression(error_ratio=5)<=0.9'];
      const search = engine.new_search(engine.presets()[0].json, { vary, hold, least: ['ticks'], runs: 6_000 });
      check('a search at its start', search);
      search.advance(500);
      check('a search', search);
      while (!search.is_finished) search.advance(500);
      check('a finished search', search);
      for (const { name, config, commands } of scenarios) {
        const text = engine.presets().find((preset) => preset.name === config)?.json ?? config;
        for (let seed = 0; seed < 5; seed += 1) {
          const rollout = engine.new_rollout(text, seed);
          for (const { tick, command } of commands) {
            while (rollout.ticks < tick && rollout.allowed().includes('tick')) rollout.tick();
            if (rollout.allowed().includes(command)) rollout[command]();
          }
          rollout.run();
          check(`${name}, seed ${seed}`, rollout);
        }
      }
      return differences;
    },
    SCENARIOS,
  );
  assert.deepEqual(differences, []);
});

test('a replay is the rollout of a report again, and a refused command is named', async ({ open }) => {
  const { same, earlier, refused, goesOn } = await inPage(open, () => {
    const { engine, MINIMAL, messageOf } = window;
    const rollout = engine.new_rollout(MINIMAL, 5);
    for (const call of ['tick', 'pause', 'tick', 'resume', 'run']) rollout[call]();
    const { config, seed, commands } = rollout.report();
    const replayed = (commands, until) => engine.replay(config, seed, commands, until);
    const pause = [{ tick: 1, command: 'pause' }];
    const wrong = {
      'a state': [[...pause, { tick: 2, command: 'pause' }]],
      'the end': [[{ tick: 11, command: 'pause' }]],
      'an order': [
        [
          { tick: 3, command: 'pause' },
          { tick: 2, command: 'resume' },
        ],
      ],
      'no list': [null],
      'a list of words': [['pause']],
      'no tick': [[{ command: 'pause' }]],
      'an unknown key': [[{ tick: 1, command: 'pause', by: 'me' }]],
      'an unknown command': [[{ tick: 1, command: 'tick' }]],
      'half a tick': [[{ tick: 0.5, command: 'pause' }]],
      'a tick before the start': [[{ tick: -1, command: 'pause' }]],
      'half of a tick': [[], 0.5],
      'an end before the start': [[], -1],
      'an end beyond the limit': [[], 1e9],
      'an end in words': [[], 'soon'],
    };
    let error;
    const other = engine.new_rollout(MINIMAL, 5);
    try {
      other.replay_for(100, [...pause, { tick: 3, command: 'pause' }, { tick: 4, command: 'resume' }]);
    } catch (thrown) {
      error = { index: thrown.index, reason: thrown.reason, ticks: other.ticks };
    }
    const more = other.replay_for(2, [...pause, { tick: 4, command: 'resume' }]);
    return {
      same: replayed(commands).to_json() === rollout.to_json(),
      earlier: [replayed(commands, 2).state, replayed(commands, 2).ticks],
      refused: Object.entries(wrong).map(([name, args]) => [name, messageOf(() => replayed(...args))]),
      goesOn: { ...error, more, then: [other.state, other.ticks] },
    };
  });
  assert.ok(same);
  assert.deepEqual(earlier, ['PROGRESSING', 2]);
  const said = Object.fromEntries(refused);
  for (const [name, message] of refused) assertReadable(message, name);
  assert.equal(said['the end'], 'commands[0], pause at tick 11: the rollout ends at tick 10');
  assert.match(said['an unknown command'], /^commands\[0\].command: unknown variant `tick`, expected one of `pause`/);
  assert.equal(said['no tick'], 'commands[0].tick: missing, expected a number');
  assert.match(said['an end in words'], /^until: expected a whole number of ticks from 0 to 100000$/);
  const reason = 'pause(): the rollout is PAUSED, expected PROGRESSING';
  assert.deepEqual(goesOn, { index: 1, reason, ticks: 3, more: true, then: ['PROGRESSING', 5] });
});

test('after an error a handle goes on; after free() it says so', async ({ open }) => {
  const { completed, again, freed } = await inPage(open, () => {
    const { engine, MINIMAL, messageOf } = window;
    const completed = (disturb) => {
      const rollout = engine.new_rollout(MINIMAL, 5);
      while (rollout.allowed().includes('tick')) {
        if (disturb) {
          messageOf(() => rollout.resume());
          messageOf(() => engine.new_rollout({}, 5));
          messageOf(() => engine.new_rollout(MINIMAL, -1));
        }
        rollout.tick();
      }
      return rollout.to_json();
    };
    const gone = engine.new_rollout(MINIMAL, 5);
    gone.free();
    const freed = ['tick', 'to_json', 'report', 'series', 'allowed', 'run'].map((call) => [
      call,
      messageOf(() => gone[call]()),
    ]);
    freed.push(['state', messageOf(() => gone.state)]);
    const twice = messageOf(() => gone.free());
    if (twice !== null) freed.push(['free', twice]);
    const borrowed = messageOf(() => engine.Rollout.prototype.tick.call({}));
    freed.push(['tick of another object', borrowed]);
    return { completed: completed(false), again: completed(true), freed };
  });
  assert.equal(again, completed);
  for (const [call, message] of freed) assertReadable(message, call);
});
