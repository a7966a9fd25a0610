#!/usr/bin/env node
// Builds the page: the engine with wasm-pack, optimised by binaryen, then one
// script that contains engine, worker and style, so that it also runs from disk.
// With the argument `element`, the engine in `pkg/` is not rebuilt. It also writes
// the other files of the npm package: the engine alone, types, the manifest, and data for
// editors.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import zopfli from '@gfx/zopfli';
import * as esbuild from 'esbuild';
import { manifest, types, writeEditorData } from './describe.mjs';

/**
 * The options of binaryen: optimise for size, until nothing changes. `-Oz`, and
 * inlining a large function into its only caller, make the module shorter, but it
 * compresses worse. The lowest memory is not used, so offsets may be folded.
 */
const WASM_OPT = [
  ...['-Os', '--converge', '--low-memory-unused', '--one-caller-inline-max-function-size=40'],
  ...['--strip-debug', '--strip-producers', '--strip-target-features'],
];

/** Options that the bundles of the element and of its worker share. */
const SHARED = {
  bundle: true,
  minify: true,
  target: 'es2022',
  loader: { '.csv': 'text' },
  logLevel: 'warning',
  // The engine would load its .wasm from its own folder; the page passes the bytes
  // instead.
  logOverride: { 'empty-import-meta': 'silent' },
};

const BANNER = '/*! canary-rollout, MIT OR Apache-2.0. With fflate by Arjun Barrett, MIT. */';

/**
 * `import make from './shared.js?function'` is a function that runs the module and
 * its imports, and returns the exports. It refers to nothing outside itself, so its
 * text can be the script of a worker, which cannot load files when the page is
 * opened from disk.
 */
const asFunction = {
  name: 'as-function',
  setup(build) {
    build.onResolve({ filter: /\?function$/ }, ({ path, resolveDir }) =>
      build
        .resolve(path.replace(/\?function$/, ''), { kind: 'import-statement', resolveDir })
        .then((found) => ({ ...found, namespace: 'function' })),
    );
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

/**
 * The templates of lit in its build for Node, which does not ask for a document when the
 * module is loaded: Node may import the element. In a browser both builds do the same.
 */
const litWithoutDocument = {
  name: 'lit-without-document',
  setup(build) {
    build.onResolve({ filter: /^lit\/(html|directives\/.*)\.js$/ }, ({ path }) => ({
      path: resolve('node_modules/lit-html/node', path.replace(/^lit\//, '').replace(/^html/, 'lit-html')),
      sideEffects: false,
    }));
  },
};

/** `import css from './sheet.css'` is the minified text of the style sheet. */
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
 * `import gzipped from './engine.wasm?gzip'` is the compressed content of the file,
 * changed by `prepare`, because gzip on a server compresses base64 poorly. Zopfli
 * compresses a twentieth better than zlib.
 */
const gzipped = (prepare = async (engine) => engine) => ({
  name: 'gzipped',
  setup(build) {
    build.onLoad({ filter: /\.wasm$/ }, async ({ path }) => {
      const engine = await prepare(await readFile(path));
      return { contents: await zopfli.gzipAsync(engine, {}), loader: 'binary' };
    });
  },
});

/** Replaces the schema of a configuration by zeros: the page never calls `config_schema`. */
async function withoutSchema(engine) {
  const schema = await readFile('src/config/schema.json');
  const at = engine.indexOf(schema);
  if (at < 0) throw new Error('the engine does not hold the schema as it stands in its file');
  return engine.fill(0, at, at + schema.length);
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
if (process.argv[2] !== 'element') buildEngine();
await Promise.all([
  buildElement('iife', 'www/dist/canary-rollout.js'),
  buildElement('esm', 'www/dist/canary-rollout.mjs'),
  bundleEngine(),
  describe(),
]);

/** Compiles the engine to `pkg/`; throws if a program fails. */
function buildEngine() {
  const wasm = 'pkg/canary_rollout_bg.wasm';
  run('wasm-pack', 'build', '--profile', 'page', '--no-opt', '--target', 'web', '--out-dir', 'pkg');
  run('node_modules/.bin/wasm-opt', ...WASM_OPT, wasm, '-o', wasm);
}

/** Bundles the engine alone with its bytes, and copies these and its types. */
async function bundleEngine() {
  await mkdir('www/dist/engine', { recursive: true });
  await Promise.all([
    esbuild.build({
      ...SHARED,
      entryPoints: ['www/engine.js'],
      outfile: 'www/dist/engine/engine.js',
      format: 'esm',
      plugins: [gzipped()],
      banner: { js: BANNER },
      // Bundlers would look for the file that the engine loads where it is given no bytes.
      define: { 'import.meta.url': 'undefined' },
    }),
    ...['canary_rollout.d.ts', 'canary_rollout_bg.wasm'].map((file) =>
      copyFile(`pkg/${file}`, `www/dist/engine/${file}`),
    ),
  ]);
}

/** Writes the types and the manifest of the element, and what editors read. */
async function describe() {
  await mkdir('www/dist', { recursive: true });
  writeEditorData('www/dist');
  await Promise.all([
    writeFile('www/dist/canary-rollout.d.ts', types()),
    writeFile('www/dist/custom-elements.json', `${JSON.stringify(manifest(), null, 2)}\n`),
  ]);
}

function run(program, ...args) {
  execFileSync(program, args, { stdio: 'inherit' });
}

/** Bundles the element, and everything it needs, into one file. */
function buildElement(format, outfile) {
  return esbuild.build({
    ...SHARED,
    entryPoints: ['www/src/main.ts'],
    outfile,
    format,
    plugins: [styleText, asFunction, litWithoutDocument, gzipped(withoutSchema)],
    banner: { js: BANNER },
  });
}
