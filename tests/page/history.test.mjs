// Undo and redo, and changes of the plan, without a page.
import assert from 'node:assert/strict';
import { test } from '@playwright/test';
import { shareNear, withoutStage, withStageAfter } from '../../www/src/edit/plan-edit.ts';
import { History } from '../../www/src/store/history.ts';
import { preset, presets, validate } from './engine.mjs';

/** A history of numbers, taken from 0 upwards by one a subject. */
function stepped(subjects) {
  const history = new History();
  subjects.forEach((subject, i) => history.record(i, subject));
  return history;
}

/** All that can be undone from a state. */
function undone(history, now) {
  const states = [];
  while (history.canUndo) states.push((now = history.undo(now)));
  return states;
}

test('each step is undone, the last first; steps on end with one subject are one', () => {
  for (const [subjects, states] of [
    [[], []],
    [
      [null, null, null],
      [2, 1, 0],
    ],
    [['a', 'a', 'a'], [0]],
    [
      ['a', 'b', 'a'],
      [2, 1, 0],
    ],
    [
      ['a', null, 'a', 'a'],
      [2, 1, 0],
    ],
  ]) {
    assert.deepEqual(undone(stepped(subjects), subjects.length), states, subjects.join());
  }
});

test('what is settled is a step of its own', () => {
  const history = stepped(['a']);
  history.settle();
  history.record(1, 'a');
  assert.deepEqual(undone(history, 2), [1, 0]);
});

test('what was undone is done again, until another step is taken', () => {
  const history = stepped([null, null]);
  assert.equal(history.undo(2), 1);
  assert.equal(history.redo(1), 2);
  assert.equal(history.undo(2), 1);
  history.record(1);
  assert.ok(!history.canRedo);
  assert.equal(history.redo(5), undefined);
  assert.deepEqual(undone(history, 5), [1, 0]);
});

test('steps before a fence are beyond reach, until it is taken away', () => {
  const history = stepped(['a', null]);
  history.fence();
  assert.ok(!history.canUndo);
  assert.equal(history.undo(2), undefined);
  history.record(2, null);
  assert.equal(history.undo(3), 2);
  assert.equal(history.undo(2), undefined);
  assert.equal(history.redo(2), 3);
  history.unfence();
  assert.deepEqual(undone(history, 3), [2, 1, 0]);
  // Of what is forgotten nothing is fenced.
  const long = stepped(Array(100).fill(null));
  long.fence();
  for (let i = 100; i < 150; i += 1) long.record(i);
  assert.equal(undone(long, 150).length, 50);
});

test('a hundred steps are kept', () => {
  assert.deepEqual(undone(stepped(Array(130).fill(null)), 130).length, 100);
});

/** A plan's stages beside a share dragged to, and the share taken. */
const SHARES = [
  [[1, 5, 25], 1, 12.4, 12],
  [[1, 5, 25], 1, 3.3, 3.5],
  [[1, 5, 25], 1, 0, 1.5],
  [[1, 5, 25], 1, 99, 24],
  [[1, 5, 25], 0, 0, 0.1],
  [[1, 5, 25], 0, 0.44, 0.4],
  [[1, 5, 25], 0, 9, 4.5],
  [[1, 5, 25], 2, 200, 100],
  [[5.3, 20], 1, 0, 6],
  [[25, 26, 27], 1, 40, 26],
  [[0.05, 1], 0, 0, 0.05],
];

for (const [shares, i, to, taken] of SHARES) {
  test(`of ${shares.join(', ')} the ${i + 1}. dragged to ${to} is ${taken}`, () => {
    const stages = shares.map((traffic_pct) => ({ traffic_pct, duration_ticks: 5 }));
    assert.equal(shareNear(stages, i, to), taken);
  });
}

/** The shares and what stages the rules hold for. */
const outline = ({ stages, rules = [] }) => [
  stages.map(({ traffic_pct }) => traffic_pct),
  rules.map((rule) => rule.stages),
];
const OPENING = JSON.parse(preset('opening'));

test('a stage more or less moves the stages that rules hold for', () => {
  for (const [change, shares, held] of [
    [
      (c) => withStageAfter(c, 1),
      [1, 5, 15, 25, 50],
      [
        [1, 2, 3],
        [4, 5],
      ],
    ],
    [
      (c) => withStageAfter(c, 3),
      [1, 5, 25, 50, 75],
      [
        [1, 2],
        [3, 4, 5],
      ],
    ],
    [(c) => withoutStage(c, 0), [5, 25, 50], [[1], [2, 3]]],
    [(c) => withoutStage(withoutStage(c, 0), 0), [25, 50], [[1, 2]]],
  ]) {
    assert.deepEqual(outline(change(OPENING)), [shares, held]);
  }
});

test('every preset stays valid with a stage more or less anywhere', () => {
  for (const { name, json } of presets()) {
    const config = JSON.parse(json);
    // A controller has no stages to edit.
    config.stages?.forEach(({ traffic_pct }, i) => {
      const changed = [];
      if (traffic_pct < 100) changed.push(withStageAfter(config, i));
      if (config.stages.length > 1) changed.push(withoutStage(config, i));
      for (const one of changed) assert.deepEqual(validate(one).problems, [], `${name}, stage ${i + 1}`);
    });
  }
});
