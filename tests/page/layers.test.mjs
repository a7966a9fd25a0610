// The folders of the page's source: each imports only what stands before it, as
// docs/architecture.md says.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from './fixtures.ts';

const SOURCE = new URL('../../www/src/', import.meta.url);
/** In the order of their layers; folders in one row do not know each other. */
const LAYERS = [
  ['engine'],
  ['base'],
  ['words'],
  ['rollout'],
  ['study'],
  ['search'],
  ['store'],
  ['link'],
  ['charts'],
  ['watch', 'measure', 'find', 'yours', 'learn', 'edit', 'share', 'style'],
  ['page'],
];
const files = readdirSync(SOURCE, { recursive: true }).filter((name) => name.endsWith('.ts'));
const layerOf = (folder) => LAYERS.findIndex((layer) => layer.includes(folder));
const folderOf = (path) => (path.includes('/') ? path.split('/')[0] : '');

test('each folder of the page has its layer', () => {
  const folders = [...new Set(files.map(folderOf))].filter(Boolean).sort();
  expect(folders).toEqual(LAYERS.flat().sort());
});

test('no import goes up, or from one place to another', () => {
  const wrong = files.flatMap((file) => {
    const text = readFileSync(new URL(file, SOURCE), 'utf8');
    const from = folderOf(file);
    return [...text.matchAll(/(?:from|import) '(\.[^'?]*)/g)].flatMap(([, path]) => {
      const to = folderOf(normalize(join(dirname(file), path)));
      // The element and its entry stand over all; the built engine under all.
      if (from === '' || to === '..' || to === from) return [];
      return layerOf(to) < layerOf(from) && to !== '' ? [] : [`${file} imports ${path}`];
    });
  });
  expect(wrong).toEqual([]);
});
