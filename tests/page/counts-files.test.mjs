// Files of counts without a page: which of them are counts, and a policy in the world that
// they describe, held against the engine's own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from '@playwright/test';
import { fieldMoment, lengthOf, momentIn, momentOf } from '../../www/src/base/moment.ts';
import { endingOf, isOfCounts } from '../../www/src/engine/file-kind.ts';
import { inWorld } from '../../www/src/yours/world.ts';
import { is_foreign, preset, read_counts } from './engine.mjs';

const example = (name) => readFileSync(new URL(`../../examples/counts/${name}.csv`, import.meta.url), 'utf8');
/** Rows of minutes, one after another. */
const table = (header, row) =>
  `time,${header}\n${Array.from({ length: 120 }, (_, i) => `${1_795_510_800 + 60 * i},${row(i)}`).join('\n')}\n`;

const RECORDS = {
  'a week': example('week'),
  'a release': example('release'),
  'requests alone': table('requests', (i) => 900 + ((i * 37) % 101)),
  latency: table('requests,p50,p99', (i) => `${900 + ((i * 37) % 101)},${80 + (i % 9)},${300 + (i % 31)}`),
};
/** What a world may have that a record does not tell, or tells otherwise. */
const RICH = {
  traffic: { requests_per_second: 5, canary_skew: 1.5, daily_swing: { amplitude: 0.2 } },
  noise: { common: 0.3, per_arm: 0.1 },
  incidents: { chance_per_tick: 0.001, duration_ticks: 4, error_ratio: 5 },
  baseline: { error_rate: 0.02, error_clump: 3, latency_ms: { p50: 70, p99: 900 } },
  canary: { error_ratio: 2 },
  stages: [{ traffic_pct: 5, duration_ticks: 30 }],
};
const CONFIGS = { bare: { stages: RICH.stages }, default: JSON.parse(preset('default')), rich: RICH };

for (const [record, text] of Object.entries(RECORDS)) {
  test(`a configuration in the fitted world is the engine’s: ${record}`, () => {
    const counts = read_counts([{ name: 'mine.csv', text }], null);
    for (const [name, draft] of Object.entries(CONFIGS)) {
      const before = structuredClone(draft);
      const options = { tick_seconds: 60 };
      const config = inWorld(draft, counts.fit(options).world);
      const expected = counts.fitted_config(JSON.stringify(draft), options);
      assert.deepEqual(config, expected, name);
      assert.deepEqual(draft, before, name);
    }
  });
}

const ARGO = 'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {strategy: {canary: {steps: []}}}\n';
/** Texts with what their ending would be, and whether they are counts; a name of their own where it matters. */
const TEXTS = [
  ['time,requests,errors\n2026-11-24T09:00:00Z,900,3\n', 'csv', true],
  ['"Time: UTC";"requests"\n2026-11-24 09:00;900\n', 'csv', true],
  ['time,http: requests\n1,2\n', 'csv', true],
  ['time\trequests\n1\t2\n', 'csv', true],
  ['\n\ntime,requests\n1,2\n', 'csv', true],
  ['#time,requests\n1,2\n', 'csv', true],
  ['# exported by me, at noon\ntime,requests\n1,2\n', 'csv', true],
  ['requests\n1\n', 'yaml', false],
  ['time,requests\n1,2\n', 'csv', false, 'values.yaml'],
  [ARGO, 'yaml', false],
  [`# Copyright 2026, somebody\n${ARGO}`, 'yaml', false],
  [`# a; b\n\n--- # first, of two\n${ARGO}`, 'yaml', false],
  [`%YAML 1.2 # one, two\n---\n${ARGO}`, 'yaml', false],
  ['- a, b\n- c, d\n', 'yaml', false],
  ['stages: [{traffic_pct: 5, duration_ticks: 10}]\n', 'yaml', false],
  ['"a, b":\n  c: d\n', 'yaml', false],
  ['{{- if and .Values.a, .Values.b }}\n', 'yaml', false],
  ['{{- $a := list "x", "y" }}\nkind: Rollout\n', 'yaml', false],
  ['<!DOCTYPE html>\n<html></html>\n', 'html', true],
  ['{"status":"success","data":{"resultType":"matrix","result":[]}}', 'json', true],
  [JSON.stringify({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', data: {} }), 'json', false],
  ['{"name":"mine","stages":[]}', 'json', false],
  ['', 'yaml', false],
];

test('a file is counts or a policy by its name and its first lines', () => {
  for (const [text, ending, isCounts, name = 'mine.txt'] of TEXTS) {
    assert.equal(endingOf(text), ending, text);
    assert.equal(isOfCounts({ name, text }, is_foreign), isCounts, text);
  }
});

const HOUR = 3600;
const LENGTHS = [
  [1, '1 second'],
  [90, '90 seconds'],
  [60, '1 minute'],
  [5400, '90 minutes'],
  [2 * HOUR, '2 hours'],
  [24 * HOUR, '1 day'],
  [30 * HOUR, '1 day 6 hours'],
  [47 * HOUR, '1 day 23 hours'],
  [48 * HOUR - 60, '2 days'],
  [168 * HOUR, '7 days'],
];

test('a length of time and a moment are told', () => {
  for (const [seconds, words] of LENGTHS) assert.equal(lengthOf(seconds).replaceAll('\u00a0', ' '), words);
  for (const [seconds, field] of [
    [1_795_510_800, '2026-11-24T09:00'],
    [1_795_510_830, '2026-11-24T09:00:30'],
  ]) {
    assert.equal(fieldMoment(seconds), field);
    assert.equal(momentIn(field), seconds);
    assert.equal(momentOf(seconds), `${field.replace('T', ' ')}\u00a0UTC`);
  }
  assert.equal(momentIn(''), null);
});
