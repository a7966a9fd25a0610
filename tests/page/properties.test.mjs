// Any text as a link or as a lesson: nothing is thrown, whatever is wrong is named, and
// what is read is read again from what is written. Node alone, seeded inputs.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from '@playwright/test';
import { readLesson } from '../../www/src/learn/lesson.ts';
import { readLink, writeLink } from '../../www/src/link/link.ts';
import './engine.mjs';

/** Inputs of each property; more by `ROUNDS=1000000 npx playwright test properties`. */
const ROUNDS = Number(process.env.ROUNDS ?? 5_000);

const root = new URL('../../', import.meta.url);
const textsOf = (folder) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name: name.replace('.json', ''), text: readFileSync(new URL(folder + name, root), 'utf8') }));
const PRESETS = textsOf('src/config/presets/').map(({ name, text }) => ({ name, config: JSON.parse(text) }));
const LESSONS = textsOf('www/lessons/').map(({ text }) => text);
const LINKS = JSON.parse(readFileSync(new URL('tests/data/links/v1.json', root))).map(({ link }) => link);
const KNOWN = {
  presets: PRESETS,
  usual: { tick_seconds: 60, rollback_ticks: 0 },
  views: ['rollout', 'flow', 'errors', 'study', 'ladder', 'slide'],
  places: ['watch', 'measure', 'find', 'yours', 'learn'],
  policies: ['once', 'evidence'],
};

/** Numbers from 0 to 1, the same each time: mulberry32. */
function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A text with up to four places changed; pieces come from all texts. */
function mutant(texts, pieces, random) {
  const some = (list) => list[Math.floor(random() * list.length)];
  let text = some(texts);
  for (let edits = random() * 4; edits > 0; edits -= 1) {
    const at = Math.floor(random() * (text.length + 1));
    const end = at + Math.floor(random() * 30);
    const other = some(texts);
    const from = Math.floor(random() * other.length);
    const added = [some(pieces), other.slice(from, from + random() * 60), text.slice(at, end), ''];
    text = text.slice(0, at) + some(added) + text.slice(some([at, end]));
  }
  return text;
}

const PIECES = {
  link: [
    '&',
    '=',
    '%',
    '%zz',
    '%00',
    '[',
    ']',
    '.',
    '#',
    'v=2',
    '__proto__',
    'config.',
    'at=1:pause',
    'tick=-1',
    'seed=1e3',
    'config.stages[999999].x=1',
    'config.__proto__.x=1',
    'config.constructor.prototype.x=1',
    'lesson={',
    '😀',
    '\ud800',
    '\u2028',
    '"',
    '<script>',
  ],
  lesson: [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    'null',
    'true',
    '-0',
    '1e999',
    '"__proto__": 1,',
    '{"a":',
    '\u0000',
    '😀',
    '\ud800',
    '\\u',
    '[[[[[[[[',
  ],
};

test('any link is read without an error, and what is read is written and read again', () => {
  const random = randomNumbers(1);
  for (let round = 0; round < ROUNDS; round += 1) {
    const link = mutant(LINKS, PIECES.link, random);
    const { state, faults } = readLink(link, KNOWN);
    for (const fault of faults) assert.ok(typeof fault === 'string' && fault.length > 0, link);
    assert.ok(state !== null || faults.length > 0, link);
    assert.equal({}.x, undefined, `the link reached a prototype: ${link}`);
    if (state === null) continue;
    const written = writeLink(state, KNOWN);
    const again = readLink(written, KNOWN);
    assert.deepEqual(again.faults, [], `${link}\nis written ${written}`);
    assert.equal(writeLink(again.state, KNOWN), written, link);
  }
});

test('any lesson is read without an error, and has either no fault or no lesson', () => {
  const random = randomNumbers(2);
  let valid = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const source = mutant(LESSONS, PIECES.lesson, random);
    const { lesson, problems } = readLesson(source);
    assert.equal(lesson === null, problems.length > 0, source);
    const lines = source.split('\n');
    for (const { path, message, line, column } of problems) {
      assert.ok(typeof path === 'string' && message.length > 0, source);
      const isPlace =
        line === null || (line >= 1 && line <= lines.length && column >= 1 && column <= lines[line - 1].length + 1);
      assert.ok(isPlace, `${line}:${column} in ${source}`);
    }
    if (lesson === null) continue;
    valid += 1;
    assert.deepEqual(readLesson(JSON.stringify(lesson)), { lesson, problems: [] }, source);
  }
  assert.ok(valid > ROUNDS / 50, `${valid} were valid`);
});
