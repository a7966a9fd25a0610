// Probabilities in words: no small risk told as none, none rounded out of sight.
import assert from 'node:assert/strict';
import { test } from '@playwright/test';
import { between, chance, inLongRun, of100, ofMany, oftenness } from '../../www/src/base/chance.ts';

const plain = (text) => text.replaceAll('\u00a0', ' ');

/** A probability over 2,000 runs, in words, and in percent. */
const CHANCES = [
  [0, 'in none of 2,000 runs', '0 %'],
  [0.0005, '5 in 10,000', '0.05 %'],
  [0.0021, '1 in 476', '0.2 %'],
  [0.05, '1 in 20', '5 %'],
  [0.12, '1 in 8', '12 %'],
  [0.198, '1 in 5', '19.8 %'],
  [0.27, '1 in 4', '27 %'],
  [0.45, '45 in 100', '45 %'],
  [0.5, '1 in 2', '50 %'],
  [0.68, '2 in 3', '68 %'],
  [0.9, '9 in 10', '90 %'],
  [0.97, '97 in 100', '97 %'],
  [0.9945, '995 in 1,000', '99.5 %'],
  [0.9996, '999 in 1,000', '99.96 %'],
  [1, 'in all of 2,000 runs', '100 %'],
];

for (const [p, words, percent] of CHANCES) {
  test(`${p} is ${words}, ${percent}`, () => {
    assert.equal(oftenness(p, 2000), words);
    assert.equal(plain(chance({ estimate: p, low: p, high: p })), percent);
  });
}

test('few runs are told no more exactly than they know', () => {
  assert.equal(oftenness(0.23, 100), '1 in 4');
  assert.equal(oftenness(0.23, 20_000), '23 in 100');
});

test('an interval is told to its ends, in two digits below one in a hundred', () => {
  assert.equal(plain(between({ low: 0.1812, high: 0.2188 })), '18.1 to 21.9 %');
  assert.equal(plain(between({ low: 0, high: 0.0004 })), '0 to 0.04 %');
  assert.equal(plain(between({ low: 0, high: 0.001843 })), '0 to 0.18 %');
  assert.equal(plain(between({ low: 0.998157, high: 1 })), '99.82 to 100 %');
});

/** A probability with its interval over so many rollouts, as people count, and how sure that is. */
const COUNTED = [
  [[0.198, 0.181, 0.216], 2000, 'about 20 of 100', 'in the long run (between 18.1 and 21.6, from 2,000 rollouts)'],
  [[0.0136, 0.012, 0.0154], 20_000, 'about 1.4 of 100', 'in the long run (between 1.2 and 1.5, from 20,000 rollouts)'],
  [[0.0004, 0.0002, 0.0009], 10_000, 'about 4 of 10,000', 'in the long run (between 2 and 9, from 10,000 rollouts)'],
  [[0.9905, 0.985, 0.9943], 2000, 'about 99.1 of 100', 'in the long run (between 98.5 and 99.4, from 2,000 rollouts)'],
  // None of so many is not never, and all are not always.
  [[0, 0, 0.001843], 2000, 'none of 2,000', 'in the long run at most 0.2 of 100'],
  [[0, 0, 0.000369], 10_000, 'none of 10,000', 'in the long run at most 3.7 of 10,000'],
  [[1, 0.998157, 1], 2000, 'all of 2,000', 'in the long run at least 99.8 of 100'],
];

for (const [[estimate, low, high], runs, words, sure] of COUNTED) {
  test(`${estimate} of ${runs} is ${words}, ${sure}`, () => {
    assert.equal(ofMany({ estimate, low, high }, runs), words);
    assert.equal(inLongRun({ estimate, low, high }, runs), sure);
  });
}

/** A share with its interval, as so many of a hundred. */
const OF_100 = [
  [0, 0, 0.0374, 'at most 4'],
  [0, 0, 0.68, 'at most 68'],
  [0, 0, 0.004, 'fewer than 1'],
  [0.003, 0.001, 0.02, 'at most 2'],
  [0.12, 0.1, 0.14, 'about 12'],
  [0.998, 0.93, 1, 'at least 93'],
  [0.9999, 0.999, 1, 'more than 99'],
  [1, 0.97, 1, 'at least 97'],
  // Known beforehand: no release is bad, or every one.
  [1, 1, 1, 'all'],
  [0, 0, 0, 'none'],
];

for (const [estimate, low, high, words] of OF_100) {
  test(`${estimate} (${low} to ${high}) is ${words} of 100`, () => assert.equal(of100({ estimate, low, high }), words));
}
