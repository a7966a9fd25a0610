// Links as text: what is written is read back, what is wrong is named, and what
// was once written is read for ever.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from '@playwright/test';
import { runSteps, runToEnd } from '../../www/src/engine/replay.ts';
import { differences } from '../../www/src/link/differences.ts';
import { readLink, writeLink } from '../../www/src/link/link.ts';
import { readValue, writeValue } from '../../www/src/link/value.ts';
import { new_rollout, presets, validate } from './engine.mjs';

const { stages: _, ...usual } = new_rollout({ stages: [{ traffic_pct: 1 }] }, 0).report().config;
const known = {
  presets: presets().map(({ name, json }) => ({ name, config: JSON.parse(json) })),
  usual,
  views: ['rollout', 'flow', 'errors', 'study', 'ladder', 'slide'],
  places: ['watch', 'measure', 'find', 'yours', 'learn'],
  policies: ['once', 'evidence'],
};
const NOTHING = {
  preset: 'default',
  seed: null,
  commands: [],
  tick: null,
  view: null,
  place: null,
  theme: null,
  against: null,
  bad: null,
  along: null,
  search: null,
  lesson: null,
};
const read = (link) => readLink(link, known);
const write = (state) => writeLink({ ...NOTHING, ...state }, known);
const presetConfig = (name) => known.presets.find((preset) => preset.name === name).config;

// Version 1 is out in course pages. Entries are only added to the file: whoever
// has to change one has broken the links that people keep.
const FROZEN = JSON.parse(readFileSync(new URL('../data/links/v1.json', import.meta.url)));
for (const { link, says, config, rollout } of FROZEN) {
  test(`for ever: ${link}`, () => {
    const { state, faults } = read(link);
    assert.deepEqual(faults, []);
    assert.deepEqual(state, { ...NOTHING, ...says, config });
    assert.deepEqual(outcomeOf(state), rollout);
  });
}

/** What becomes of a link's rollout, waiting for a person until the link's tick at most. */
function outcomeOf({ config, seed, commands, tick }) {
  const {
    end,
    commands: given,
    faults,
  } = runToEnd(runSteps(new_rollout(config, seed), { config, commands, tick, lenient: true }));
  assert.deepEqual({ given, faults }, { given: commands, faults: [] });
  const { final_state, outcome, metrics } = end.report;
  const { canary, baseline } = metrics;
  return {
    final_state,
    outcome,
    ticks: end.tick,
    canary_errors: canary.errors,
    baseline_errors: baseline.errors,
  };
}

test('the frozen links have every key, every view and every preset', () => {
  const all = FROZEN.map(({ link }) => link).join('&');
  for (const key of [
    'v',
    'preset',
    'seed',
    'config',
    'at',
    'tick',
    'view',
    'theme',
    'against',
    'bad',
    'along',
    'search',
    'lesson',
  ]) {
    assert.match(all, new RegExp(`(^|&|#)${key}[.=]`), key);
  }
  for (const name of known.views) assert.ok(all.includes(`view=${name}`), name);
  for (const { name } of known.presets) assert.ok(all.includes(`preset=${name}`), name);
});

test('a preset is its name, and a link without one takes that with least to say', () => {
  for (const { name, config } of known.presets) {
    assert.equal(write({ preset: undefined, config, seed: 1 }), `v=1&preset=${name}&seed=1`);
    assert.deepEqual(read(write({ preset: name, config })).state, { ...NOTHING, preset: name, config });
  }
});

/** A configuration beside a preset, and the link's pairs for it. */
const PAIRS = [
  ['what is there already', 'opening', () => {}, ''],
  [
    'a number',
    'opening',
    (c) => {
      c.rules[0].max = 0.03;
    },
    '&config.rules[0].max=0.03',
  ],
  [
    'a default written out',
    'default',
    (c) => {
      c.tick_seconds = 60;
      c.canary = { error_ratio: 1 };
    },
    '',
  ],
  [
    'a default back',
    'reference',
    (c) => {
      c.tick_seconds = 60;
    },
    '&config.tick_seconds=60',
  ],
  [
    'a key removed',
    'reference',
    (c) => {
      delete c.tick_seconds;
    },
    '&config.tick_seconds=',
  ],
  [
    'a default removed',
    'healthy',
    (c) => {
      delete c.canary;
    },
    '',
  ],
  [
    'an object removed',
    'twice-the-errors',
    (c) => {
      delete c.canary;
    },
    '&config.canary=',
  ],
  [
    'words',
    'default',
    (c) => {
      c.name = 'a & b=c #1';
    },
    '&config.name=a%20%26%20b=c%20%231',
  ],
  [
    'a word like a number',
    'default',
    (c) => {
      c.name = '1e3';
    },
    '&config.name=%221e3%22',
  ],
  [
    'no word',
    'default',
    (c) => {
      c.name = '';
    },
    '&config.name=%22%22',
  ],
  [
    'a shorter list',
    'opening',
    (c) => {
      c.rules = [{ rule: 'fisher', alpha: 0.05 }];
    },
    '&config.rules=[{rule:fisher,alpha:0.05}]',
  ],
  [
    'a place within',
    'default',
    (c) => {
      c.canary = { error_arrival: { late: { start_tick: 3 } } };
    },
    '&config.canary.error_arrival.late.start_tick=3',
  ],
];
for (const [what, preset, edit, pairs] of PAIRS) {
  test(`a link says ${what}`, () => {
    const config = structuredClone(presetConfig(preset));
    edit(config);
    const link = write({ preset, config });
    assert.equal(link, `v=1&preset=${preset}${pairs}`);
    assertSame(read(link), { ...NOTHING, preset, config });
  });
}

/** A link says what a state does, where a default written out is one left out. */
function assertSame({ state, faults }, wanted) {
  assert.deepEqual(faults, []);
  assert.deepEqual({ ...state, config: null }, { ...wanted, config: null });
  assert.deepEqual(differences(state.config, wanted.config, usual), []);
  assert.deepEqual(differences(wanted.config, state.config, usual), []);
}

test('whatever is edited, the link is read back, and its rollout is the same to the byte', () => {
  const random = randomNumbers(20_260);
  const some = (list) => list[Math.floor(random() * list.length)];
  const text = () =>
    Array.from({ length: 1 + random() * 6 }, () => some([...'aZ0 &=#%+"\'<>[]{}:,.\\é☃\u2028😀\ud800'])).join('');
  const values = [
    () => random(),
    () => Math.round(random() * 100),
    () => 1e-7,
    () => 1e21,
    () => null,
    () => true,
    text,
    () => '',
    () => 'true',
    () => '-1',
    () => [],
    () => ({}),
    () => [1, [text()], { [text()]: text() }],
    () => ({ 'a b': { c: 1 } }),
    () => JSON.parse('{"__proto__": {"x": 1}}'),
    () => ({ late: { start_tick: 7 } }),
  ];
  const EDITS = [
    (c) => {
      c[some(['name', 'noise', 'canary', 'incidents', 'rules', 'stages', 'traffic', 'tick_seconds', 'colour'])] =
        some(values)();
    },
    (c) => {
      delete c[some([...Object.keys(c), 'name'])];
    },
    (c) => {
      c.canary = { error_ratio: 1 + random(), latency_ratio: some([1, 2]) };
    },
    (c) => {
      c.traffic = { requests_per_second: some([170, 200, 333]), burstiness: some([0, 0.5]) };
    },
    (c) => {
      c.baseline = { error_rate: 0.01, latency_ms: { p50: 80, p99: some([180, 200]) } };
    },
    (c) => {
      if (Array.isArray(c.stages)) c.stages = [...c.stages, { traffic_pct: 100, name: text() }];
    },
    (c) => {
      if (Array.isArray(c.stages) && c.stages.length > 0)
        c.stages[0] = { ...c.stages[0], traffic_pct: 0.5, pause: some(['manual', { ticks: 2 }]) };
    },
    (c) => {
      if (c.rules?.[0]?.rule) c.rules[0].max = random();
    },
    (c) => {
      if (Array.isArray(c.stages)) c.stages = c.stages.slice(0, 2);
    },
    (c) => {
      c[text()] = some(values)();
    },
  ];
  let valid = 0;
  for (let round = 0; round < 250; round += 1) {
    let config = structuredClone(some(known.presets).config);
    for (let edits = random() * 4; edits > 0; edits -= 1) {
      some(EDITS)(config);
      config = JSON.parse(JSON.stringify(config));
    }
    const state = {
      preset: some(known.presets).name,
      config,
      seed: some([null, 0, 7, Number.MAX_SAFE_INTEGER]),
      commands: some([
        [],
        [
          { tick: 2, command: 'pause' },
          { tick: 2, command: 'resume' },
          { tick: 9, command: 'abort' },
        ],
      ]),
      tick: some([null, 0, 12]),
      view: some([null, ...known.views]),
      theme: some([null, 'light', 'dark']),
      against: some([null, ...known.policies]),
      search: some([null, '{falsely:"2",least:time}']),
      bad: some([null, 0, 5, 0.25, 100]),
      along: some([null, 'ratio', 'traffic', 'delay']),
      lesson: some([null, 'slow-leak', '{"a": "b & c = 50 %"}']),
      place: some([null, ...known.places]),
    };
    const link = writeLink(state, known);
    assert.match(link, /^[!-~]+$/);
    assert.doesNotMatch(link, /["'<>`#\\]/);
    const back = read(link);
    assertSame(back, state);
    assert.equal(writeLink(back.state, known), link);
    if (validate(config).problems.length > 0) continue;
    valid += 1;
    assert.equal(jsonOf(back.state.config), jsonOf(config), link);
  }
  assert.ok(valid > 100, `${valid} configurations were valid`);
});

function jsonOf(config) {
  const rollout = new_rollout(config, 3);
  rollout.run();
  const json = rollout.to_json();
  rollout.free();
  return json;
}

/** Numbers from 0 to 1, the same each time: mulberry32. */
function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('a value is JSON in which words need no quotes', () => {
  for (const [text, value] of [
    ['0.03', 0.03],
    ['-1e-7', -1e-7],
    ['true', true],
    ['null', null],
    ['every_tick', 'every_tick'],
    ['a b', 'a b'],
    ['"12"', '12'],
    ['""', ''],
    ['[]', []],
    ['{}', {}],
    ['[1,a,"b c",true]', [1, 'a', 'b c', true]],
    ['{rule:fisher,stages:[1,2]}', { rule: 'fisher', stages: [1, 2] }],
    ['{"1":"null"}', { 1: 'null' }],
  ]) {
    assert.deepEqual(readValue(text), value, text);
    assert.equal(writeValue(value), text);
  }
  assert.deepEqual(readValue('{"rule" : "fisher", "stages": [1]}'), { rule: 'fisher', stages: [1] });
});

/** A link, what is said of it, and what is used in spite of it. */
const FAULTS = [
  ['seed=-1', /^seed: found -1, expected a whole number from 0 to 9007199254740991$/],
  ['seed=9007199254740992', /^seed: found 9007199254740992, expected a whole number/],
  ['seed=', /^seed: found nothing, expected a whole number/],
  ['seed=1&seed=2', /^seed: is there twice/, { seed: 1 }],
  ['tick=1e9', /^tick: found 1e9, expected a whole number from 0 to 100000$/],
  ['bad=101', /^bad: found 101, expected a number from 0 to 100$/],
  ['view=<b>', /^view: found <b>, expected one of rollout, flow, errors, study, ladder, slide$/],
  ['along=time', /^along: found time, expected one of ratio, traffic, delay$/],
  ['theme=blue', /^theme: found blue, expected one of light, dark$/],
  ['against=luck', /^against: found luck, expected one of once, evidence$/],
  [
    'preset=nope&config.name=x',
    /^preset: found nope, expected one of default, opening, /,
    { config: { ...presetConfig('default'), name: 'x' } },
  ],
  ['colour=red', /^colour: unknown key, expected one of v, preset, /],
  ['constructor=1', /^constructor: unknown key/],
  ['__proto__=1', /^__proto__: unknown key/],
  ['configuration=1', /^configuration: unknown key/],
  ['at=5', /^at: found 5, expected TICK:COMMAND, a tick from 0 to 100000 and one of pause, resume, promote, abort$/],
  ['at=5:tick', /^at: found 5:tick, expected TICK:COMMAND/],
  ['at=999999:pause', /^at: found 999999:pause, expected TICK:COMMAND/],
  [
    'at=5:pause&at=4:resume',
    /^at: found 4:resume, expected no tick before the 5 of/,
    { commands: [{ tick: 5, command: 'pause' }] },
  ],
  ['config.name=%zz', /^config.name: found %zz, expected %25 where a percent sign is meant$/],
  ['%ff=1', /^%ff: found 1, expected %25/],
  ['config.a=[1', /^config.a: found \[1, expected JSON/],
  ['config.a=1e999', /^config.a: found 1e999, expected a finite number$/],
  [`config.a=${'['.repeat(40)}`, /^config.a: found \[+, expected at most 32 brackets/],
  ['config.__proto__.x=1', /^config.__proto__.x: no place in a configuration/],
  ['config.a.constructor.prototype=1', /^config.a.constructor.prototype: no place in a configuration/],
  ['config.=1', /^config.: no place in a configuration/],
  ['config[0]=1', /^config\[0\]: \[0\] is no place here/],
  ['config=[1]', /^config: expected a configuration, in braces$/],
  ['config=', /^config: expected a configuration/],
  ['config.stages[999999999].name=x', /^config.stages\[999999999\].name: no place/],
  ['config.stages[5].name=x', /^config.stages\[5\].name: the list has 4 entries, expected an index from 0 to 4$/],
  ['config.stages[1]=', /^config.stages\[1\]: expected a value; a list without an entry is written whole$/],
  ['config.stages.name=x', /^config.stages.name: a list has no name, expected an index like \[0\]$/],
  ['config.name[0]=x', /^config.name\[0\]: \[0\] is no place here, expected the name of a key$/],
  [`config.${'a'.repeat(99)}[0]=[`, /^config.a{33}…: found \[, expected JSON/],
  [`config${'.a'.repeat(9999)}=1`, /^config(\.a)+…: no place/],
];
for (const [link, fault, used] of FAULTS) {
  test(`${link.slice(0, 60)} is named, the rest used`, () => {
    const { state, faults } = read(`v=1&${link}&lesson=kept`);
    assert.equal(faults.length, 1, String(faults));
    assert.match(faults[0], fault);
    assert.deepEqual(state, { ...NOTHING, config: presetConfig('default'), lesson: 'kept', ...used });
  });
}

test('another version and a link over 64 kB are not read at all', () => {
  for (const version of ['2', '', '01', '1.0', '<b>']) {
    const { state, faults } = read(`preset=opening&v=${encodeURIComponent(version)}&seed=x`);
    assert.equal(state, null);
    assert.equal(faults.length, 1);
    assert.ok(
      faults[0].startsWith(`v: the link is of version ${version || 'nothing'}, this page reads version 1.`),
      faults[0],
    );
  }
  const { state, faults } = read(`v=1&lesson=${'x'.repeat(1_000_000)}`);
  assert.equal(state, null);
  assert.deepEqual(faults, ['The link is 977 kB long, the limit is 64 kB. Nothing of it was read.']);
});

test('nothing that a link holds throws or changes what it does not own', () => {
  const random = randomNumbers(7);
  const PARTS = [
    'v=1',
    'preset=opening',
    '&',
    '=',
    '#',
    '%',
    '%22',
    '%E2%98',
    'seed=',
    'config',
    '.stages',
    '[0]',
    '[9]',
    '.__proto__',
    '.prototype',
    '.rules',
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ':',
    ',',
    'at=',
    '3:pause',
    'tick=',
    '-',
    '1e999',
    '\ud800',
    '\u0000',
    '<b>',
  ];
  for (let round = 0; round < 5000; round += 1) {
    const parts = Array.from({ length: random() * 30 }, () => PARTS[Math.floor(random() * PARTS.length)]);
    const { state, faults } = read(parts.join(''));
    assert.ok(
      faults.every((fault) => typeof fault === 'string' && fault.length < 400),
      String(faults),
    );
    if (state) assert.deepEqual(read(write(state)).faults, [], parts.join(''));
  }
  assert.deepEqual(Object.keys(Object.prototype), []);
  assert.deepEqual(
    known.presets.map(({ config }) => config),
    presets().map(({ json }) => JSON.parse(json)),
  );
});

test('commands that the rollout forbids are left out, each with the engine’s words', () => {
  const commands = [
    [3, 'resume'],
    [4, 'pause'],
    [6, 'resume'],
    [9, 'abort'],
    [9, 'pause'],
    [50, 'pause'],
  ].map(([tick, command]) => ({ tick, command }));
  const config = presetConfig('default');
  const { commands: given, faults } = runToEnd(runSteps(new_rollout(config, 1), { config, commands, lenient: true }));
  assert.deepEqual(given, commands.slice(1, 4));
  assert.deepEqual(faults, [
    'at=3:resume: resume(): the rollout is PROGRESSING, expected PAUSED',
    'at=9:pause: pause(): the rollout is ROLLED_BACK, expected PROGRESSING',
    'at=50:pause: the rollout ends at tick 9',
  ]);
});
