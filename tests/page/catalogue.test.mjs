// The forms are built from the engine's catalogue: whatever rule it has, it is shown, and
// no module of the page knows a rule by its name.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { catalogue, validate } from './engine.mjs';
import { expect, test } from './fixtures.ts';
import { button, CALM, choose, field, json, openEditor, ruleRow, show } from './rollout-page.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a row of fields shows, in order. */
const shown = (row) =>
  row.locator('.field').evaluateAll((fields) =>
    fields.map((one) => {
      const input = one.querySelector('input, select');
      if (input.type === 'checkbox')
        return {
          key: input.dataset.path.replace('rules[0].', ''),
          label: one.querySelector('label').textContent.trim(),
          flag: input.checked,
        };
      return {
        key: input.dataset.path.replace('rules[0].', ''),
        label: one.querySelector('label').textContent,
        unit: one.querySelector('.unit')?.textContent,
        value: input.value,
        placeholder: input.placeholder || undefined,
        options: input.options && Array.from(input.options, ({ value, text }) => [value, text]),
      };
    }),
  );

/** What it should show of a parameter, by the catalogue alone. */
function expected({ key, label, unit, kind, scale = 1, start, default: usual, placeholder, options }) {
  if (kind === 'flag') return { key, label, flag: usual };
  const value = start ?? usual ?? '';
  return {
    key,
    label,
    unit,
    value: typeof value === 'number' ? String(value * scale) : value,
    placeholder,
    options: options?.map((option) => [option.value, option.label]),
  };
}

const rules = catalogue().rules;
const names = rules.map(({ rule, title }) => [rule, title]);

/** What is of no use without another parameter, unless that is there from the start. */
const isIdle = ({ only_with }, parameters) =>
  only_with !== undefined && parameters.find(({ key }) => key === only_with).start === undefined;

/**
 * The field that names the rule, then, group by group, those of its parameters that leave a choice
 * and have an effect.
 */
const form = ({ rule, parameters }, all) => [
  { key: 'rule', label: 'Rule', unit: undefined, value: rule, placeholder: undefined, options: all },
  ...['method', 'look', 'action'].flatMap((group) =>
    parameters
      .filter((one) => one.group === group && one.options?.length !== 1 && !isIdle(one, parameters))
      .map(expected),
  ),
];

test('every rule is shown as the catalogue has it', async ({ open }) => {
  const page = await open();
  // Ticks that are not called minutes, as in the catalogue.
  await show(page, { ...CALM, tick_seconds: 50 });
  await openEditor(page, 'Policy');
  await button(page, 'Add a rule').click();
  for (const entry of rules) {
    await field(page, 'rules[0].rule').selectOption(entry.rule);
    assert.deepEqual(await shown(ruleRow(page)), form(entry, names));
    assert.deepEqual(validate(await json(page)).problems, [], entry.rule);
  }
});

test('fields of an object, and what has an effect only beside another parameter', async ({ open }) => {
  const page = await open();
  for (const { rule, parameters } of rules) {
    const starts = parameters.flatMap(({ key, start }) => (start === undefined ? [] : [[key, start]]));
    // Seconds that a form begins with are a multiple of the tick.
    await show(page, { ...CALM, tick_seconds: 50, rules: [{ rule, ...Object.fromEntries(starts) }] });
    await openEditor(page, 'Policy');
    const objects = parameters.flatMap(({ key, options = [], ...one }) =>
      options.length > 1 ? options.filter(({ seconds }) => seconds).map((option) => ({ key, option, one })) : [],
    );
    for (const { key, option, one } of objects) {
      const own = parameters.filter((other) => other.key.startsWith(`${key}.`));
      for (const inner of own) await expect(field(page, `rules[0].${inner.key}`)).toHaveCount(0);
      await field(page, `rules[0].${key}`).selectOption(option.value);
      const seconds = Math.ceil(option.seconds / 50) * 50;
      assert.deepEqual((await json(page)).rules[0][key], { [option.value]: seconds }, rule);
      assert.deepEqual(validate(await json(page)).problems, [], `${rule}, ${key}`);
      for (const inner of own) await expect(field(page, `rules[0].${inner.key}`)).toHaveCount(1);
      await field(page, `rules[0].${key}`).selectOption(one.default);
    }
    const beside = parameters.filter((one) => one.only_with && !one.key.includes('.'));
    for (const { key } of beside) await expect(field(page, `rules[0].${key}`), `${rule}, ${key}`).toHaveCount(0);
    for (const { key, only_with } of beside) {
      const other = parameters.find((one) => one.key === only_with);
      if (other.options) await field(page, `rules[0].${only_with}`).selectOption(other.options.at(-1).value);
      else await field(page, `rules[0].${only_with}`).fill('9');
      await expect(field(page, `rules[0].${key}`), `${rule}, ${key}`).toHaveCount(1);
    }
  }
});

test('what a rule does and where it holds is kept when it becomes another', async ({ open }) => {
  const page = await open();
  await show(page, {
    ...CALM,
    rules: [{ rule: 'fisher', alpha: 0.01, look: 'every_tick', on_fail: 'pause', stages: [1] }],
  });
  await choose(page, 'rules[0].rule', 'latency');
  assert.deepEqual((await json(page)).rules, [{ rule: 'latency', max: 300, on_fail: 'pause', stages: [1] }]);
});

/** A rule that nobody has written. */
const INVENTED = {
  rule: 'wobble',
  title: 'wobble of the clock',
  description: 'A limit on how much the clock wobbles.',
  subject: 'latency',
  quantity: 'ratio',
  guarantee: 'none',
  gathers: false,
  cost: { look_us: 1, tick_us: 0, draw_us: 0 },
  parameters: [
    {
      key: 'swing',
      group: 'method',
      label: 'Swings by',
      kind: 'number',
      unit: 'ms',
      scale: 1000,
      min: 0,
      max: 1,
      start: 0.004,
    },
    {
      key: 'teeth',
      group: 'method',
      label: 'At teeth',
      kind: 'whole',
      min: 1,
      max: 60,
      items: { min: 1, max: 60 },
      placeholder: 'all',
    },
    {
      key: 'rust',
      group: 'method',
      label: 'Rusted to',
      kind: 'number',
      unit: '%',
      scale: 100,
      only_with: 'swing',
      default: 0.5,
    },
    {
      key: 'hand',
      group: 'method',
      label: 'of',
      kind: 'choice',
      default: 'long',
      options: [
        { value: 'short', label: 'the short hand' },
        { value: 'long', label: 'the long hand' },
      ],
    },
    {
      key: 'window',
      group: 'look',
      label: 'at',
      kind: 'choice',
      default: 'rollout',
      options: [{ value: 'rollout', label: 'the rollout so far' }],
    },
    { key: 'chimes', group: 'action', label: 'chimes', kind: 'flag', default: false },
    { key: 'strikes', group: 'action', label: 'Strikes', kind: 'whole', min: 1, max: 12, unit: 'times', default: 1 },
  ],
};

/** The form of the policy by itself, with a catalogue to be given. */
const PANEL = `
  import { readFrom } from './www/src/engine/catalogue.ts';
  import { put } from './www/src/base/json-path.ts';
  import { render } from 'lit/html.js';
  import { Form } from './www/src/edit/form.ts';
  import { policyPanel } from './www/src/edit/panels.ts';
  window.openPanel = (catalogue, draft) => {
    readFrom(() => catalogue);
    const store = {
      draft,
      problems: [],
      warnings: [],
      session: { report: { config: draft } },
      edit(path, value) {
        window.draft = store.draft = put(store.draft, path, value);
        show();
      },
    };
    const panel = document.createElement('div');
    const show = () => render(policyPanel(store, new Form(store, false), document.createElement('div')), panel);
    document.body.replaceChildren(panel);
    show();
  };`;

test('a rule that no module has heard of has its form', async ({ open }) => {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: PANEL, resolveDir: ROOT },
    bundle: true,
    format: 'iife',
    write: false,
  });
  const page = await open();
  await page.addScriptTag({ content: outputFiles[0].text });
  const all = [...rules, INVENTED];
  await page.evaluate(
    ([offered, draft]) => window.openPanel(offered, draft),
    [
      { ...catalogue(), rules: all },
      { ...CALM, tick_seconds: 50, rules: [{ rule: 'fisher' }] },
    ],
  );
  const path = (key) => field(page, `rules[0].${key}`);
  await path('rule').selectOption('wobble');
  assert.deepEqual(await page.evaluate(() => window.draft.rules), [{ rule: 'wobble', swing: 0.004 }]);
  const row = ruleRow(page);
  assert.deepEqual(await shown(row), form(INVENTED, [...names, ['wobble', 'wobble of the clock']]));
  await path('swing').fill('7');
  await path('teeth').fill('3, 12');
  await path('rust').fill('25');
  await path('hand').selectOption('short');
  await path('chimes').check();
  await path('strikes').fill('4');
  const rule = { rule: 'wobble', swing: 0.007, teeth: [3, 12], rust: 0.25, hand: 'short', chimes: true, strikes: 4 };
  assert.deepEqual(await page.evaluate(() => window.draft.rules), [rule]);
  await path('rule').selectOption('latency');
  const kept = { rule: 'latency', max: 300, chimes: true, strikes: 4 };
  assert.deepEqual(await page.evaluate(() => window.draft.rules), [kept]);
});

test('its type has every key of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catalogue-'));
  try {
    const types = JSON.stringify(join(ROOT, 'pkg/canary_rollout.js'));
    const program = `import type { Catalogue } from ${types};\nexport const all: Catalogue = ${JSON.stringify(catalogue())};\n`;
    writeFileSync(join(folder, 'program.ts'), program);
    const compilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      target: 'es2022',
      types: [],
      module: 'esnext',
      moduleResolution: 'bundler',
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    assert.fail(error.stdout || error);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/**
 * What names rules: what the page proposes by itself, not what it offers. What a metric of a
 * controller, or a series of recorded counts, measures has some of the same words.
 */
const CONTENT = ['engine/plan.ts', 'study/policies.ts', 'yours/counts-view.ts'];

test('no module of the page knows a rule by its name', () => {
  const folder = new URL('../../www/src/', import.meta.url);
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  assert.ok(files.length > 50);
  // A name in quotes, or as the key of a list. Some are ordinary words, too.
  const told = rules
    .map(({ rule }) => rule)
    .filter((rule) => !['latency', 'latency_ratio', 'planned'].includes(rule))
    .join('|');
  const named = new RegExp(`['"\`](${told})['"\`]|^\\s*(${told}|latency): [[{'"]`, 'm');
  const found = files.filter((name) => named.test(readFileSync(new URL(name, folder), 'utf8')));
  assert.deepEqual(found, CONTENT);
});
