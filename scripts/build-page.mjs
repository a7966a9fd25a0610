#!/usr/bin/env node
// Builds the page: the engine by wasm-pack, optimised by binaryen, then one
// script with engine, worker and style inside, so that it runs from disk too.
// With `element` as its argument, the engine stays as it is in `pkg/`. Beside the
// script goes what an npm package has more: types, manifest, the engine alone.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import zopfli from '@gfx/zopfli';
import { manifest, types } from './describe.mjs';

/**
 * How binaryen optimises the engine: for size, until nothing more is to be had.
 * `-Oz` and inlining a large function into its one caller make the module shorter,
 * but it compresses worse. The stack's end is memory that nothing uses, so offsets
 * may be folded.
 */
const WASM_OPT = [
  ...['-Os', '--converge', '--low-memory-unused', '--one-caller-inline-max-function-size=40'],
  ...['--strip-debug', '--strip-producers', '--strip-target-features'],
];

/** What the bundles of the element and of its worker have in common. */
const SHARED = {
  bundle: true,
  minify: true,
  target: 'es2022',
  logLevel: 'warning',
  // The engine would look for its .wasm beside itself; the page hands it the bytes.
  logOverride: { 'empty-import-meta': 'silent' },
};

/**
 * `import make from './shared.js?function'` is a function that runs the module
 * with all that it imports, and gives its exports. Nothing outside it is named in
 * it: its text is a script for a worker, who can load nothing when the page is
 * opened from disk.
 */
const asFunction = {
  name: 'as-function',
  setup(build) {
    build.onResolve({ filter: /\?function$/ }, ({ path, resolveDir }) =>
      build.resolve(path.replace(/\?function$/, ''), { kind: 'import-statement', resolveDir })
        .then((found) => ({ ...found, namespace: 'function' })));
    build.onLoad({ filter: /.*/, namespace: 'function' }, async ({ path }) => {
      const { outputFiles } = await esbuild.build({
        ...SHARED,
        entryPoints: [path],
        format: 'iife',
        globalName: 'all',
        write: false,
      });
      return { contents: `export default function () { ${outputFiles[0].text} return all; }` };
    });
  },
};

/** `import css from './sheet.css'` is the sheet's text, as short as it goes. */
const styleText = {
  name: 'style-text',
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const sheet = await readFile(path, 'utf8');
      const { code } = await esbuild.transform(sheet, { loader: 'css', minify: true });
      return { contents: code.trim(), loader: 'text' };
    });
  },
};

/**
 * `import gzipped from './engine.wasm?gzip'` is the file's bytes, gzipped, for a
 * server can do little for them once they stand in base64. Zopfli does it a
 * twentieth better than zlib. The schema of a configuration is blank in it: the page
 * never calls `config_schema`.
 */
const gzipped = {
  name: 'gzipped',
  setup(build) {
    build.onLoad({ filter: /\.wasm$/ }, async ({ path }) => {
      const engine = await readFile(path);
      const schema = await readFile('src/config/schema.json');
      const at = engine.indexOf(schema);
      if (at < 0) throw new Error('the engine does not hold the schema as it stands in its file');
      engine.fill(0, at, at + schema.length);
      return { contents: await zopfli.gzipAsync(engine, {}), loader: 'binary' };
    });
  },
};

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
if (process.argv[2] !== 'element') buildEngine();
await Promise.all([
  buildElement('iife', 'www/dist/canary-rollout.js'),
  buildElement('esm', 'www/dist/canary-rollout.mjs'),
  describe(),
]);

/** Compiles the engine to `pkg/`; throws when a program fails. */
function buildEngine() {
  const wasm = 'pkg/canary_rollout_bg.wasm';
  run('wasm-pack', 'build', '--profile', 'page', '--no-opt', '--target', 'web', '--out-dir', 'pkg');
  run('node_modules/.bin/wasm-opt', ...WASM_OPT, wasm, '-o', wasm);
}

/** Writes what is told of the element, and copies the engine, whose types it names. */
async function describe() {
  await mkdir('www/dist/engine', { recursive: true });
  await Promise.all([
    writeFile('www/dist/canary-rollout.d.ts', types()),
    writeFile('www/dist/custom-elements.json', `${JSON.stringify(manifest(), null, 2)}\n`),
    ...['canary_rollout.js', 'canary_rollout.d.ts', 'canary_rollout_bg.wasm'].map((file) =>
      copyFile(`pkg/${file}`, `www/dist/engine/${file}`)),
  ]);
}

function run(program, ...args) {
  execFileSync(program, args, { stdio: 'inherit' });
}

/** Bundles the element, and everything it needs, into one file. */
function buildElement(format, outfile) {
  const banner = '/*! canary-rollout, MIT OR Apache-2.0. With fflate by Arjun Barrett, MIT. */';
  return esbuild.build({
    ...SHARED,
    entryPoints: ['www/src/main.js'],
    outfile,
    format,
    plugins: [styleText, asFunction, gzipped],
    banner: { js: banner },
  });
}
