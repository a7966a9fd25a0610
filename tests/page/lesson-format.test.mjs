// The format of lessons, read in Node: every fault is named in its place.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from '@playwright/test';
import { readLesson } from '../../www/src/learn/lesson.ts';
import './engine.mjs';

/** A lesson without a fault. */
const GOOD = {
  lesson: 1,
  title: 'A title',
  text: 'A text.',
  start: { preset: 'default', seed: 1 },
  predict: { kind: 'choose', question: 'Which?', options: [{ text: 'This', right: true }, { text: 'That' }] },
  reveal: 'It was {outcome}.',
  task: { kind: 'reflect', question: 'Why?', answer: 'Because.' },
};

const operate = (goal) => ({ task: { kind: 'operate', question: 'Do it.', goals: [goal] } });
const connect = (edge) => ({ task: { kind: 'connect', question: 'Where?', nodes: ['A', 'B'], edges: [edge] } });
const drawn = (predict) => ({ predict: { question: '?', figure: 'false_rollback', tolerance: 1, ...predict } });
const task = (check) => ({ task: { question: '?', ...check } });
const ALONG = { path: 'stages[0].duration_ticks', values: [1, 2], words: 'looks' };
const choose = (...options) => ({ predict: { ...GOOD.predict, options } });

/** What is changed in the good lesson, and what is told then: the place and a part of the sentence. */
const FAULTS = [
  [{ lesson: 2 }, 'lesson', 'expected 1'],
  [{ title: undefined }, 'title', 'expected a text'],
  [{ title: ' ' }, 'title', 'expected a text'],
  [{ title: 'x'.repeat(101) }, 'title', 'at most 100 characters'],
  [{ text: [] }, 'text', 'expected a list of 1 to 8'],
  [{ text: ['a', 7] }, 'text[1]', 'expected a text'],
  [{ titel: 'A' }, 'titel', 'unknown; there are lesson, title'],
  [{ start: null }, 'start', 'expected an object'],
  [{ start: { seed: -1 } }, 'start.seed', 'expected a whole number from 0'],
  [{ start: { commands: [{ tick: 3, command: 'stop' }] } }, 'start.commands[0].command', 'expected pause or resume'],
  [
    { start: { preset: 'healthy', config: { 'stages[4294967294].a0': 1 } } },
    'start.config',
    '[4294967294]: expected an index of at most 999',
  ],
  [
    { start: { preset: 'healthy', config: { [`a[${'9'.repeat(200)}]`]: 1 } } },
    'start.config',
    '9…]: expected an index',
  ],
  [
    { start: { config: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`a${i}`, 1])) } },
    'start.config',
    'expected at most 100 keys',
  ],
  [
    { predict: { kind: 'estimate', question: '?', figure: 'ticks', tolerance: 1, config: { 'rules[1000].max': 1 } } },
    'predict.config',
    'an index of at most 999',
  ],
  [{ predict: { ...GOOD.predict, kind: 'guess' } }, 'predict.kind', 'expected choose or estimate'],
  [{ predict: GOOD.task }, 'predict.kind', 'expected choose or estimate'],
  [{ predict: 'choose' }, 'predict', 'expected an object'],
  [choose({ text: 'This', right: true }, { text: 3 }), 'predict.options[1].text', 'expected a text'],
  [choose({ text: 'This' }, { text: 'That' }), 'predict.options', 'none is right'],
  [choose({ text: 'This', right: 'yes' }, { text: 'That' }), 'predict.options[0].right', 'expected an object'],
  [
    choose({ text: 'This', right: { figure: 'ticks' } }, { text: 'That' }),
    'predict.options[0].right',
    'expected at_least or at_most',
  ],
  [
    { predict: { kind: 'estimate', question: '?', figure: 'outcome', tolerance: 1 } },
    'predict.figure',
    'expected ticks or',
  ],
  [
    { predict: { kind: 'estimate', question: '?', figure: 'ticks', tolerance: 0 } },
    'predict.tolerance',
    'expected a number above 0',
  ],
  [{ reveal: 'It was {luck}.' }, 'reveal', 'there is no figure {luck}; there are final_state'],
  [{ reveal: { right: 'Yes.' } }, 'reveal.wrong', 'expected a text'],
  [operate({ figure: 'final_state', is: 'DONE' }), 'task.goals[0].is', 'expected PROGRESSING or'],
  [operate({ figure: 'false_rollback', at_most: 5 }), 'task.goals[0].figure', 'expected final_state or'],
  [operate({ figure: 'constructor', at_most: 5 }), 'task.goals[0].figure', 'expected final_state or'],
  [operate({ figure: 'ticks', at_most: '5' }), 'task.goals[0].at_most', 'expected a number'],
  [connect({ from: 'A', label: 'go', to: 'C' }), 'task.edges[0].to', 'expected A or B'],
  [{ predict: undefined }, 'predict', 'expected beside reveal'],
  [{ reveal: undefined }, 'reveal', 'expected beside predict'],
  [drawn({ kind: 'squares', figure: 'ticks' }), 'predict.figure', 'expected false_rollback or'],
  [drawn({ kind: 'curve', figure: 'caught', from: 5, most: 50 }), 'predict.along', 'expected an object'],
  [drawn({ kind: 'curve', from: 101, most: 50, along: ALONG }), 'predict.from', 'expected a number from 0 to 100'],
  [
    drawn({ kind: 'curve', figure: 'mean_excess_errors', from: -1, most: 500, along: ALONG }),
    'predict.from',
    'expected a number from 0 to 10000',
  ],
  [drawn({ kind: 'squares', figure: 'canary_error_rate' }), 'predict.figure', 'expected false_rollback or'],
  [
    drawn({ kind: 'curve', from: 5, most: 50, along: { ...ALONG, values: [1] } }),
    'predict.along.values',
    'expected a list of 2 to 8',
  ],
  [
    task({
      kind: 'match',
      bins: ['A', 'B'],
      items: [
        { text: 'a', bin: 'A' },
        { text: 'b', bin: 'C' },
      ],
    }),
    'task.items[1].bin',
    'expected A or B',
  ],
  [task({ kind: 'order', lines: [{ text: 'a' }] }), 'task.lines', 'expected a list of 2 to 12'],
  [task({ kind: 'refused' }), 'task', 'expected either path or call'],
  [task({ kind: 'refused', path: 'a', call: 'advance()' }), 'task', 'expected either path or call'],
  [
    task({ kind: 'operate', at: 'start', goals: [{ figure: 'ticks', at_most: 1 }] }),
    'task.at',
    'expected end or playhead',
  ],
  [{ transfer: { start: {}, predict: GOOD.predict } }, 'transfer.reveal', 'expected an object'],
  [{ transfer: { start: {}, predict: GOOD.task, reveal: 'It was.' } }, 'transfer.predict.kind', 'expected choose or'],
];

/** The good lesson with changes, as text. */
const written = (changes) => JSON.stringify({ ...GOOD, ...changes }, null, 2);

for (const [changes, path, sentence] of FAULTS) {
  test(`${path}: ${sentence}, in ${JSON.stringify(changes).slice(0, 120)}`, () => {
    const { lesson, problems } = readLesson(written(changes));
    assert.equal(lesson, null);
    assert.deepEqual(
      problems.map((problem) => problem.path),
      [path],
    );
    assert.ok(problems[0].message.includes(sentence), problems[0].message);
  });
}

test('all faults at once, each with its line', () => {
  const { problems } = readLesson(written({ title: 1, reveal: 2, task: { kind: 'reflect', question: '?' } }));
  const lines = written({ title: 1, reveal: 2, task: { kind: 'reflect', question: '?' } }).split('\n');
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['title', 'reveal', 'task.answer'],
  );
  assert.match(lines[problems[0].line - 1], /"title": 1/);
  assert.match(lines[problems[1].line - 1], /"reveal": 2/);
});

const HOSTILE = {
  nothing: '',
  'no JSON': '{"lesson": 1,',
  'a number': '7',
  'a list': '[]',
  null: 'null',
  'a megabyte': `"${'x'.repeat(1e6)}"`,
  'a megabyte of brackets': '['.repeat(1e6),
  'deep nesting': `${`{"a":`.repeat(5000)}1${'}'.repeat(5000)}`,
  'names that every object has': '{"__proto__": {"a": 1}, "constructor": 1, "hasOwnProperty": 1}',
  'many unknown keys': JSON.stringify(Object.fromEntries(Array.from({ length: 4000 }, (_, i) => [`k${i}`, i]))),
  'quotes that are no ends': '\\"'.repeat(31_000),
  'strings that do not end': '"\\'.repeat(31_000),
  'a picture': '\u0089PNG\r\n\u001a\n\u0000\u0000',
};

for (const [name, source] of Object.entries(HOSTILE)) {
  // Told in one pass: one that takes minutes is a fault.
  test(`hostile: ${name}`, () => {
    const { lesson, problems } = readLesson(source);
    assert.equal(lesson, null);
    assert.ok(problems.length > 0 && problems.length <= 20);
    for (const { message } of problems) assert.ok(message.length > 5 && message.length < 700, message);
    assert.equal({}.a, undefined);
  });
}

test('the lessons of the page have no fault', () => {
  const folder = new URL('../../www/lessons/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  assert.equal(names.length, 26);
  const kinds = new Set();
  for (const name of names) {
    const { lesson, problems } = readLesson(readFileSync(new URL(name, folder), 'utf8'));
    assert.deepEqual(problems, [], name);
    for (const check of [lesson.predict, lesson.task, lesson.transfer?.predict]) if (check) kinds.add(check.kind);
  }
  const used = [
    'choose',
    'configure',
    'connect',
    'curve',
    'estimate',
    'match',
    'operate',
    'order',
    'refused',
    'squares',
  ];
  assert.deepEqual([...kinds].sort(), used);
});

test('the example of the format is one', () => {
  const module = readFileSync(new URL('../../www/src/learn/lesson.ts', import.meta.url), 'utf8');
  const example = module.slice(module.indexOf('```json') + 7, module.indexOf(' * ```\n')).replaceAll(/^ \* /gm, '');
  assert.deepEqual(readLesson(example).problems, []);
  assert.ok(example.trim().split('\n').length <= 11);
});
