// Images as text: the same for equal images, read back to the same, and nothing malformed gets in.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeImage, encodeImage } from './codec.ts';
import { arbitraryImage, declare } from './fixtures/arbitrary.ts';
import type { Image, MapDecl } from './image.ts';
import { imageHash, layoutHash } from './image-hash.ts';
import { struct, type Layout } from './layout.ts';

const U32: Layout = { kind: 'int', bits: 32, signed: false, order: 'little' };

test('encode, then decode', () => {
  fc.assert(fc.property(arbitraryImage, image => {
    const decoded = decodeImage(encodeImage(image));
    assert.ok(decoded.ok, JSON.stringify(decoded));
    assert.deepEqual(decoded.image, image);
    assert.equal(imageHash(decoded.image), imageHash(image));
  }));
});

test('the order in which fields were set does not matter, what they say does', () => {
  fc.assert(fc.property(arbitraryImage, image => {
    const turned = Object.fromEntries(Object.entries(image).reverse()) as unknown as typeof image;
    assert.equal(imageHash(turned), imageHash(image));
    assert.notEqual(imageHash({ ...image, target: '6.6' }), imageHash(image));
    assert.match(imageHash(image), /^[0-9a-f]{64}$/);
  }), { numRuns: 20 });
});

test('any change of one place in the text is read as a good image or refused with a path', () => {
  fc.assert(fc.property(arbitraryImage, fc.nat(), fc.constantFrom('0', '9', '-1', 'null', '"', '{}', '[', 'x', ',', '1e99'), (image, at, put) => {
    const json = encodeImage(image);
    const decoded = decodeImage(json.slice(0, at % json.length) + put + json.slice(at % json.length + 1));
    assert.ok(decoded.ok || decoded.message !== '');
  }), { numRuns: 500 });
});

test('any JSON is read or refused', () => {
  fc.assert(fc.property(fc.json(), json => assert.equal(decodeImage(json).ok, false)));
});

test('refusals say where', () => {
  const [image] = fc.sample(arbitraryImage, { numRuns: 1, seed: 1 });
  const refusal = (change: (i: Record<string, unknown>) => void): string => {
    const copy = JSON.parse(encodeImage(image!));
    change(copy);
    const decoded = decodeImage(JSON.stringify(copy));
    return decoded.ok ? 'ok' : `${decoded.path}: ${decoded.message}`;
  };
  // biome-ignore lint/suspicious/noExplicitAny: it is malformed on purpose
  const program = (i: any): any => i.programs[0];
  assert.equal(refusal(() => {}), 'ok');
  assert.equal(refusal(i => { i['format'] = 2; }), 'format: is not one of 1');
  assert.equal(refusal(i => { delete i['name']; }), 'name: is missing');
  // biome-ignore lint/suspicious/noExplicitAny: it is malformed on purpose
  const logs = (i: any): any => i.logs;
  assert.equal(refusal(i => { logs(i).ring = logs(i).credit; }), 'logs.ring: is not a ring of the image');
  assert.equal(refusal(i => { logs(i).lines.pop(); }), 'logs.credit: is not an array of the image with a word for each line');
  assert.equal(refusal(i => { logs(i).lines[1].texts.pop(); }), 'logs.lines[1].record: is not a number and a value between any two texts');
  assert.equal(refusal(i => { logs(i).lines[0].record = { kind: 'bool' }; }), 'logs.lines[0].record.kind: is not struct');
  assert.equal(refusal(i => { i['extra'] = 1; }), 'extra: is not a field here');
  assert.equal(refusal(i => { program(i).code = '0'; }), 'programs[0].code: is not hexadecimal text');
  assert.equal(refusal(i => { program(i).code = '00'; }), 'programs[0].code: is not 1 to 1000000 slots of 8 bytes');
  assert.equal(refusal(i => { program(i).relocations[0].slot = 9; }), 'programs[0].relocations[0].slot: is behind the code');
  assert.equal(refusal(i => { program(i).relocations[0] = { kind: 'map', slot: 0, map: 99 }; }), 'programs[0].relocations[0].map: is not a map of the image');
  assert.equal(refusal(i => { program(i).relocations[0].kind = 'helper'; }), 'programs[0].relocations[0].kind: is not one of map, map-value, constant, exit, call');
  assert.equal(refusal(i => { (i['sites'] as { file: number }[])[0]!.file = 5; }), 'sites[0].file: is not a file of the image');
  assert.equal(decodeImage('{').ok, false);
});

test('layouts: names of maps and classes do not count, fields and sizes do', () => {
  const map = (name: string, cls: string, field: string, capacity = 16): string =>
    layoutHash(declare({ name, kind: 'hash', key: { kind: 'mac' }, value: struct(cls, [{ name: field, layout: U32 }]), capacity }));
  assert.equal(map('a', 'A', 'port'), map('b', 'B', 'port'));
  assert.notEqual(map('a', 'A', 'port'), map('a', 'A', 'since'));
  assert.notEqual(map('a', 'A', 'port'), map('a', 'A', 'port', 32));
});

test('stages and maps of maps are read back, and said as wholes', () => {
  const [some] = fc.sample(arbitraryImage, { numRuns: 1, seed: 1 });
  const inner = { ...declare({ name: 'rings', kind: 'array', value: U32 }), exported: false };
  const rings: MapDecl = { ...declare({ name: 'rings', kind: 'hash', value: U32 }), kind: 'hash-of-maps', inner };
  const table: MapDecl = { ...declare({ name: 'stages', kind: 'array', value: U32, capacity: 2 }), kind: 'stages' };
  const image: Image = { ...some!, maps: [...some!.maps, rings, table], stages: [...some!.programs, ...some!.programs] };
  const decoded = decodeImage(encodeImage(image));
  assert.deepEqual(decoded, { ok: true, image });
  const at = some!.maps.length;
  const said = (maps: readonly MapDecl[], stages = image.stages): string => {
    const wrong = decodeImage(encodeImage({ ...image, maps: [...some!.maps, ...maps], ...stages && { stages } }));
    return wrong.ok ? 'ok' : `${wrong.path}: ${wrong.message}`;
  };
  const { inner: _, ...without } = rings;
  assert.equal(said([without, table]), `maps[${at}].inner: is not said: what its maps are`);
  assert.equal(said([{ ...rings, kind: 'hash' }, table]), `maps[${at}].inner: is of maps of maps only`);
  assert.equal(said([{ ...rings, inner: { ...inner, kind: 'lpm' } }, table]), `maps[${at}].inner.kind: is not a map that can be in another`);
  assert.equal(said([{ ...rings, inner: { ...inner, inner } }, table]), `maps[${at}].inner.inner: is not a field here`);
  for (const maps of [[rings], [rings, table, table], [rings, { ...table, capacity: 3 }]]) assert.equal(said(maps), 'stages: are not as many as their table has slots');
  assert.notEqual(layoutHash(rings), layoutHash({ ...rings, inner: { ...inner, capacity: 17 } }));
});
