// What `npm pack` makes: the files, what a program gets by importing them, and
// that types and manifest tell of the element as it is.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from './fixtures.ts';
import { button, goTo, lessonButton, lessonNumber, studied } from './rollout-page.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A project that has installed the package. */
const project = mkdtempSync(join(tmpdir(), 'canary-rollout-'));
const installed = join(project, 'node_modules/canary-rollout');
const run = (program, ...args) => execFileSync(program, args, { cwd: project, encoding: 'utf8' });
const read = (path) => readFileSync(join(installed, path), 'utf8');

let packed;
let declaration;

test.beforeAll(() => {
  // The tree is built: no script has to build it again.
  const made = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  [packed] = JSON.parse(made);
  mkdirSync(installed, { recursive: true });
  run('tar', '-xzf', packed.filename, '-C', installed, '--strip-components=1');
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  [declaration] = JSON.parse(read('www/dist/custom-elements.json')).modules[0].declarations;
});
// They share a folder: one worker runs all of them, and removes it at the end.
test.describe.configure({ mode: 'default' });
test.afterAll(() => rmSync(project, { recursive: true }));

test('the package holds what it should, and nothing else', () => {
  assert.deepEqual(packed.files.map(({ path }) => path).sort(), [
    'LICENSE-APACHE',
    'LICENSE-MIT',
    'README.md',
    'docs/architecture.md',
    'docs/cli.md',
    'docs/clusters.md',
    'docs/configuration.md',
    'docs/controllers.md',
    'docs/decisions.md',
    'docs/embedding.md',
    'docs/lesson.png',
    'docs/page.png',
    'docs/recorded-counts.md',
    'docs/requests.png',
    'docs/statistics.md',
    'notes.md',
    'package.json',
    'www/dist/canary-rollout.d.ts',
    'www/dist/canary-rollout.js',
    'www/dist/canary-rollout.mjs',
    'www/dist/custom-elements.json',
    'www/dist/engine/canary_rollout.d.ts',
    'www/dist/engine/canary_rollout_bg.wasm',
    'www/dist/engine/engine.js',
    'www/dist/vscode.html-custom-data.json',
    'www/dist/web-types.json',
    'www/index.html',
    'www/page.js',
    'www/types/engine.d.ts',
    'www/types/engine.wasm.d.ts',
    'www/types/preact.d.ts',
    'www/types/react.d.ts',
    'www/types/solid.d.ts',
    'www/types/vue.d.ts',
  ]);
});

test('tools that read no exports find the same files', () => {
  const { alias, exports, typesVersions } = JSON.parse(read('package.json'));
  for (const [name, file] of Object.entries(alias)) {
    assert.equal(file, exports[name].default, name);
    assert.deepEqual(typesVersions['*'][name.slice(2)], [exports[name].types], name);
  }
});

/** The ways to start the engine. */
const STARTS = {
  'from its own bytes': 'await init()',
  'at once': 'initSync()',
  'from the file': `await init({ module_or_path: readFileSync(new URL(import.meta.resolve('canary-rollout/engine.wasm'))) })`,
};

for (const [how, start] of Object.entries(STARTS)) {
  test(`bare Node imports it: the element waits for a document, the engine starts ${how}`, () => {
    const program = `
      import * as element from 'canary-rollout';
      import 'canary-rollout/classic';
      import init, { config_schema, initSync, new_rollout } from 'canary-rollout/engine';
      import { readFileSync } from 'node:fs';
      ${start};
      const rollout = new_rollout({ stages: [{ traffic_pct: 50 }] }, 7);
      rollout.run();
      console.log(JSON.stringify([Object.keys(element).sort(), rollout.state, typeof config_schema().properties]));`;
    writeFileSync(join(project, 'program.js'), program);
    assert.deepEqual(JSON.parse(run(process.execPath, 'program.js')), [
      ['CanaryRolloutElement', 'VIEWS', 'defineCanaryRollout'],
      'COMPLETED',
      'object',
    ]);
  });
}

test('editors know each attribute and each of its words', () => {
  const [tag] = JSON.parse(read('www/dist/vscode.html-custom-data.json')).tags;
  const [element] = JSON.parse(read('www/dist/web-types.json')).contributions.html.elements;
  assert.equal(tag.name, 'canary-rollout');
  assert.equal(element.name, 'canary-rollout');
  assert.deepEqual(names(tag.attributes), names(declaration.attributes));
  assert.deepEqual(names(element.attributes), names(declaration.attributes));
  assert.deepEqual(names(element.js.events), names(declaration.events));
  for (const { name, type } of declaration.attributes) {
    const words = [...type.text.matchAll(/'([^']+)'/g)].map(([, word]) => word);
    const known = tag.attributes.find((attribute) => attribute.name === name).values;
    assert.deepEqual(
      known.map((value) => value.name),
      words,
      name,
    );
  }
});

/** Each line is right, but for those that say what is wrong with them. */
const PROGRAM = `
import { CanaryRolloutElement, VIEWS, type View } from 'canary-rollout';
import 'canary-rollout/classic';
import init, { type Config } from 'canary-rollout/engine';
const element = document.createElement('canary-rollout');
const same: CanaryRolloutElement = element;
const config: Config = { stages: [{ traffic_pct: 5 }] };
element.config = config;
element.config = '{}';
element.seed = '7';
const seed: number | null = same.seed;
const view: View | undefined = VIEWS[0];
element.addEventListener('decision', ({ detail }) => detail.sentence.length);
element.addEventListener('statechange', (event) => event.detail.state === 'PAUSED');
element.play();
const errors: number | undefined = element.report?.metrics.canary.errors;
// @ts-expect-error a report is made by the engine alone
element.report = null;
// @ts-expect-error no such view
element.view = 'all';
// @ts-expect-error no such method
element.fly();
export { errors, init, seed, view };
`;

for (const [module, moduleResolution] of [
  ['esnext', 'bundler'],
  ['nodenext', 'nodenext'],
]) {
  test(`its types hold for a program, found the ${moduleResolution} way`, () => {
    const compilerOptions = { module, moduleResolution, strict: true, noEmit: true, types: [], lib: ['es2022', 'dom'] };
    writeFileSync(join(project, 'program.ts'), PROGRAM);
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    run(join(ROOT, 'node_modules/.bin/tsc'));
  });
}

test('a page imports its module over http', async ({ open }) => {
  const page = await open({
    html: '<!doctype html><html lang="en"><title>A course</title><canary-rollout></canary-rollout>',
  });
  await page.route('**/canary-rollout.mjs', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: read('www/dist/canary-rollout.mjs') }),
  );
  const exported = await page.evaluate(async () => Object.keys(await import('/canary-rollout.mjs')));
  assert.ok(exported.includes('CanaryRolloutElement'));
  await page.locator('canary-rollout h2').first().waitFor();
  await button(page, 'Embed').click();
  const code = await page.locator('dialog > textarea').first().inputValue();
  assert.match(code, /^<script type="module" src="http:.*\/canary-rollout\.mjs">/);
});

const names = (list) => list.map(({ name }) => name).sort();

test('the manifest has the element’s attributes, properties and methods, all of them', async ({ open }) => {
  const page = await open({ from: 'http' });
  const real = await page.evaluate(() => {
    const element = customElements.get('canary-rollout');
    const all = Object.entries(Object.getOwnPropertyDescriptors(element.prototype));
    const own = all.filter(([name]) => !/^constructor$|Callback$/.test(name));
    return {
      observed: element.observedAttributes,
      methods: own.filter(([, { value }]) => value).map(([name]) => name),
      readonly: own.filter(([, { get, set }]) => get && !set).map(([name]) => name),
      settable: own.filter(([, { set }]) => set).map(([name]) => name),
    };
  });
  const fields = declaration.members.filter(({ kind }) => kind === 'field');
  assert.deepEqual(names(fields.filter(({ readonly }) => readonly)), real.readonly.sort());
  assert.deepEqual(names(fields.filter(({ readonly }) => !readonly)), real.settable.sort());
  assert.deepEqual(names(declaration.members.filter(({ kind }) => kind === 'method')), real.methods.sort());
  // The style alone reads the others.
  const styled = ['embed', 'hero'];
  const written = new Set([...real.observed, ...styled]);
  assert.deepEqual(new Set(names(declaration.attributes)), written);
});

const reseed = async (page) => {
  await page.getByRole('textbox', { name: 'Seed' }).fill('8');
  await page.keyboard.press('Enter');
};

const predict = async (page) => {
  await goTo(page, 'Learn');
  await lessonButton(page, 'state-machine').click();
  await lessonNumber(page).fill('25');
  await button(page, 'Commit my prediction').click();
};

/** How to make an element tell of what the event is for. */
const EVENTS = {
  statechange: (page) => button(page, 'To the start').click(),
  decision: async (page) => {
    await button(page, 'To the start').click();
    await button(page, 'Promote').click();
  },
  viewchange: reseed,
  studyprogress: reseed,
  prediction: predict,
  lessoncomplete: async (page) => {
    await goTo(page, 'Learn');
    await lessonButton(page, 'run').click();
    await button(page, 'To the end').click();
    await button(page, 'Check').click();
  },
};

test('the element tells each event of the manifest, with its detail', async ({ open }) => {
  const page = await open({ from: 'http' });
  for (const { name, type } of declaration.events) {
    await page.evaluate((event) => {
      document.querySelector('canary-rollout').link = 'v=1&preset=opening&seed=192';
      window.told = new Promise((resolve) => {
        addEventListener(event, ({ target, detail }) => resolve([target.localName, detail]), { once: true });
      });
    }, name);
    await EVENTS[name](page);
    const [target, detail] = await page.evaluate(() => window.told);
    assert.equal(target, 'canary-rollout', name);
    const [, fields] = type.text.match(/^CustomEvent<\{ (.*) \}>$/) ?? [];
    if (fields)
      assert.deepEqual(
        Object.keys(detail),
        fields.split('; ').map((field) => field.split(':')[0]),
        name,
      );
  }
});

test('the manifest has the parts, the slots and the tokens that there are', async ({ open }) => {
  const page = await open({ from: 'http' });
  const parts = new Set();
  for (const place of ['Watch', 'Measure', 'Find', 'Learn']) {
    await goTo(page, place);
    if (place === 'Learn') await lessonButton(page, 'thrown-away').click();
    if (place === 'Measure') await studied(page);
    const found = await page
      .locator('canary-rollout')
      .evaluate(({ shadowRoot }) => [...shadowRoot.querySelectorAll('[part]')].flatMap((one) => [...one.part]));
    for (const part of found) parts.add(part);
  }
  const real = await page.locator('canary-rollout').evaluate((element) => {
    const all = (selector, attribute) =>
      [...element.shadowRoot.querySelectorAll(selector)].map((found) => found.getAttribute(attribute) ?? '');
    const [style] = element.shadowRoot.adoptedStyleSheets;
    const [host] = [...style.cssRules].filter(({ selectorText }) => selectorText === ':host');
    return {
      slots: all('slot', 'name'),
      tokens: [...host.style].filter((name) => name.startsWith('--')),
    };
  });
  assert.deepEqual(new Set(names(declaration.cssParts)), parts);
  assert.deepEqual(names(declaration.slots), real.slots.sort());
  assert.deepEqual(names(declaration.cssProperties), real.tokens.sort());
});

test('a host overrides tokens and reaches parts', async ({ open }) => {
  const page = await open({
    html: `<!doctype html><html lang="en"><title>A course</title>
    <script src="dist/canary-rollout.js"></script>
    <style>
      canary-rollout { --paper: rgb(1, 2, 3); --radius: 3px; }
      canary-rollout::part(decisions) { border-style: dashed; }
    </style>
    <canary-rollout theme="dark"></canary-rollout>`,
  });
  const look = (selector, property) =>
    page
      .locator(selector)
      .first()
      .evaluate((element, name) => getComputedStyle(element)[name], property);
  assert.equal(await look('canary-rollout', 'backgroundColor'), 'rgb(1, 2, 3)');
  assert.equal(await look('.card', 'borderRadius'), '3px');
  assert.equal(await look('[part=decisions]', 'borderStyle'), 'dashed');
});
