// The unpacker against a packer that is not ours.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compress } from 'lzma1';
import { unpack } from '../../www/src/base/lzma.js';

const ENGINE = readFileSync(new URL('../../pkg/canary_rollout_bg.wasm', import.meta.url));
const TEXT = readFileSync(new URL('../data/golden/demo.json', import.meta.url));
/** Bytes that nothing can pack. */
const noise = (length) => {
  let x = 1;
  return Uint8Array.from({ length }, () => (x = (x * 48271) % 0x7fffffff) >> 8);
};

for (const [name, bytes] of Object.entries({
  'nothing': new Uint8Array(0),
  'one byte': Uint8Array.of(7),
  'zeros': new Uint8Array(100_000),
  'noise': noise(50_000),
  'noise twice': Uint8Array.from([...noise(70_000), ...noise(70_000)]),
  'text': TEXT,
  'the engine': ENGINE,
})) {
  test(`what was packed comes out again: ${name}`, () => {
    const packed = Uint8Array.from(compress(bytes, 9));
    assert.equal(Buffer.compare(unpack(packed), bytes), 0);
  });
}
