// The package in other people's builds: packed, installed, built by their tools as they
// come, and opened in Chromium. The tools are pinned by the lock file beside this one; they
// are installed into target/builds, where the projects are built, too.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const SOURCES = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(SOURCES, '../..');
const BUILDS = join(ROOT, 'target/builds');
const PACKAGE = join(BUILDS, 'node_modules/canary-rollout');
const GOLDEN = readFileSync(join(ROOT, 'tests/data/golden/demo.json'), 'utf8').trim();
const PATIENCE_MS = 120_000;

let tarball;
let browser;

before(async () => {
  mkdirSync(BUILDS, { recursive: true });
  installTools();
  cpSync(SOURCES, BUILDS, { recursive: true, filter: (path) => !path.endsWith('.mjs') });
  // The tree is built: no script has to build it again.
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', BUILDS], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  tarball = join(BUILDS, JSON.parse(packed)[0].filename);
  rmSync(PACKAGE, { recursive: true, force: true });
  mkdirSync(PACKAGE, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', PACKAGE, '--strip-components=1']);
  const executablePath = execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
});
after(() => browser?.close());

/** Installs what the lock file names, unless it is there. */
function installTools() {
  const lock = 'package-lock.json';
  const text = (folder) => existsSync(join(folder, lock)) && readFileSync(join(folder, lock), 'utf8');
  // npm writes this file last.
  if (existsSync(join(BUILDS, 'node_modules/.package-lock.json')) && text(BUILDS) === text(SOURCES)) return;
  for (const file of ['package.json', lock]) cpSync(join(SOURCES, file), join(BUILDS, file));
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: BUILDS, stdio: 'inherit' });
}

/** What a tool prints; if it fails, the test fails with that. */
async function run(folder, command) {
  const [program, ...args] = command.split(' ');
  const installed = join(BUILDS, 'node_modules/.bin', program);
  const options = { cwd: join(BUILDS, folder), maxBuffer: 1e8, env: { ...process.env, CI: '1' } };
  try {
    const { stdout } = await promisify(execFile)(existsSync(installed) ? installed : program, args, options);
    return stdout;
  } catch (error) {
    assert.fail(`${command}\n${error.stdout}\n${error.stderr}`.slice(0, 4000));
  }
}

/**
 * Opens a page under target/builds, does something with it, and fails if it wrote an error
 * or asked for a file that is not there. The files need no server.
 */
async function open(path, act, headers = {}) {
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const page = await context.newPage();
    const errors = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.route('http://localhost/**', (route) => {
      // A browser asks for this by itself.
      if (route.request().url().endsWith('/favicon.ico')) return route.fulfill({ status: 204 });
      const file = join(BUILDS, decodeURIComponent(new URL(route.request().url()).pathname));
      if (!existsSync(file)) return route.fulfill({ status: 404 });
      return route.fulfill({ path: file, headers: headers });
    });
    await page.goto(`http://localhost/${path}`);
    await act(page);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
}

const showsVerdict = (page) => page.locator('canary-rollout').first().locator('[part=verdict] h3').waitFor();

async function isWhole(page) {
  await showsVerdict(page);
  await page.locator('output', { hasText: '{' }).waitFor();
  assert.equal(await page.locator('output').textContent(), GOLDEN);
}

/** How a project is built, and the page that comes of it. */
const PROJECTS = [
  ['vite', ['tsc', 'vite build --base ./'], 'vite/dist/index.html'],
  ['react', ['tsc', 'vite build --base ./'], 'react/dist/index.html'],
  ['vue', ['vue-tsc', 'vite build --base ./'], 'vue/dist/index.html'],
  ['webpack', ['webpack --mode production'], 'webpack/index.html'],
  ['rollup', ['rollup index.js -p node-resolve -d dist'], 'rollup/index.html'],
  ['esbuild', ['esbuild index.js --bundle --format=esm --outdir=dist'], 'esbuild/index.html'],
  ['parcel', ['parcel build index.html --public-url . --dist-dir dist --no-cache'], 'parcel/dist/index.html'],
];

for (const [name, commands, page] of PROJECTS) {
  test(`${name} builds it, and the page works`, async () => {
    rmSync(join(BUILDS, name, 'dist'), { recursive: true, force: true });
    for (const command of commands) await run(name, command);
    await open(page, isWhole);
  });
}

test('Preact and Solid know the tag', async () => {
  await run('preact', 'tsc');
  await run('solid', 'tsc');
});

test('Node runs the engine', async () => {
  assert.equal(await run('node', 'node index.js'), GOLDEN);
});

test('every entry resolves, with its types', async () => {
  await run('.', `publint ${tarball} --strict`);
  // There is no CommonJS copy, and the oldest way to find types sees no exports.
  await run('.', `attw ${tarball} --profile esm-only`);
});

test('a slide of Reveal.js shows it', () =>
  open('reveal/index.html', async (page) => {
    await page.evaluate(() => window.deck.slide(1));
    await showsVerdict(page);
  }));

/** Keys that are meant for the element, and that Reveal.js has a use for. */
const KEYS = [
  ['f', (element) => element.getByRole('textbox', { name: 'Seed' })],
  ['n', (element) => element.getByRole('button', { name: 'Play again', exact: true })],
  [' ', (element) => element.getByRole('button', { name: 'Play again', exact: true })],
  ['ArrowRight', (element) => element.getByRole('slider', { name: 'Playhead' })],
];

for (const [key, target] of KEYS) {
  test(`the key "${key}" does not reach Reveal.js`, () =>
    open('reveal/index.html', async (page) => {
      await page.evaluate(() => {
        window.keys = [];
        document.addEventListener('keydown', ({ key }) => window.keys.push(key));
        window.deck.slide(3);
      });
      await target(page.locator('section.present canary-rollout')).press(key);
      assert.deepEqual(await page.evaluate(() => [window.keys, window.deck.getIndices().h]), [[], 3]);
    }),
  );
}

test('it runs under a policy that allows no more than its own script', () => {
  const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:";
  cpSync(join(PACKAGE, 'www/dist/canary-rollout.js'), join(BUILDS, 'policy/canary-rollout.js'));
  const isStyled = async (page) => {
    await showsVerdict(page);
    const display = await page.locator('canary-rollout').evaluate((element) => getComputedStyle(element).display);
    assert.equal(display, 'block');
  };
  return open('policy/index.html', isStyled, { 'content-security-policy': policy });
});
