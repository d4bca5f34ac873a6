// Contents to map entries with hidden parts, and back.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { decodeEntry, encodeContents } from './contents.ts';
import { declare } from './fixtures/arbitrary.ts';
import type { Image } from './image.ts';
import { struct, type Layout } from './layout.ts';
import type { Contents } from './values.ts';

const U16: Layout = { kind: 'int', bits: 16, signed: false, order: 'little' };
const U32: Layout = { ...U16, bits: 32 };
const IP4: Layout = { kind: 'int', bits: 32, signed: false, order: 'big', text: 'ip4' };
const IP6: Layout = { kind: 'int', bits: 128, signed: false, order: 'big', text: 'ip6' };

const image: Image = {
  format: 1, name: 'bridge', target: '6.1', kind: 'module', files: [], programs: [], ports: [], sites: [],
  maps: [
    declare({ name: 'stations', kind: 'hash', key: { kind: 'mac' }, value: U16, capacity: 2 }),
    declare({ name: 'learned', kind: 'expiring', key: { kind: 'mac' }, value: struct('Place', [{ name: 'port', layout: U16 }]) }),
    declare({ name: 'routes', kind: 'lpm', key: IP4, value: U16 }),
    declare({ name: 'routes6', kind: 'lpm', key: IP6, value: U16 }),
    declare({ name: 'weights', kind: 'array', value: U32, capacity: 3 }),
    declare({ name: 'settings', kind: 'config', value: struct('', [{ name: 'ageingSeconds', layout: U32 }, { name: 'burst', layout: U32 }]), initial: Uint8Array.of(44, 1, 0, 0, 9, 0, 0, 0) }),
    declare({ name: 'private', kind: 'hash', exported: false, value: U16 }),
    declare({ name: 'events', kind: 'ring', value: U16 }),
  ],
};

function entries(contents: Contents): Record<string, string[][]> {
  const result = encodeContents(image, 0x0102, contents);
  assert.ok(result.ok, JSON.stringify(result));
  return Object.fromEntries(result.maps.map(m => [image.maps[m.map]!.name, m.entries.map(entry => entry.map(bytes => Buffer.from(bytes).toString('hex')))]));
}

const refused = (contents: Contents): string => {
  const result = encodeContents(image, 1, contents);
  return result.ok ? 'ok' : result.errors.map(e => `${e.path}: ${e.message}`).join('; ');
};

test('hidden parts: element in shared keys, expiry in expiring values, prefix length in tries', () => {
  assert.deepEqual(entries({
    stations: [['02:00:00:00:00:01', 7]],
    learned: [['02:00:00:00:00:02', { port: 5 }]],
    routes: [['10.1.0.0/16', 1]],
    weights: [1, 2],
    settings: { burst: 8 },
  }), {
    stations: [['02010000' + '020000000001' + '0000', '0700']],
    learned: [['02010000' + '020000000002' + '0000', 'ff'.repeat(8) + '0500' + '000000000000']],
    routes: [['30000000' + '00000102' + '0a010000', '0100']],
    weights: [['00000000', '01000000'], ['01000000', '02000000']],
    settings: [['00000000', '2c010000' + '08000000']],
  });
});

test('config is written with its defaults when nothing is said', () => {
  assert.deepEqual(entries({}), { settings: [['00000000', '2c01000009000000']] });
});

test('entries come back as they were written', () => {
  const contents: Contents = {
    stations: [['02:00:00:00:00:01', 7]], learned: [['02:00:00:00:00:02', { port: 5 }]],
    routes: [['10.1.0.0/16', 1], ['0.0.0.0/0', 2]], routes6: [['10.0.0.0/8', 1], ['fd00::/8', 2], ['::/0', 3], ['0.0.0.0/0', 4]],
  };
  const result = encodeContents(image, 9, contents);
  assert.ok(result.ok);
  for (const { map, entries: list } of result.maps) {
    const decl = image.maps[map]!;
    if (decl.kind === 'config') continue;
    const back = list.map(entry => decodeEntry(decl, entry));
    assert.deepEqual(back.map(e => [e.key, e.value]), contents[decl.name], decl.name);
    assert.ok(back.every(e => e.element === 9));
    assert.ok(back.every(e => e.expires === (decl.kind === 'expiring' ? 0xffff_ffff_ffff_ffffn : undefined)));
  }
});

test('mistakes have their path', () => {
  assert.equal(refused({ statoins: [] }), 'statoins: bridge exports nothing of this name; it exports stations, learned, routes, routes6, weights, settings, events');
  assert.match(refused({ private: [] }), /^private: bridge exports nothing/);
  assert.equal(refused({ stations: [['02:00:00:00:00:01', 7], ['02:00:00:00:00:01', 8]] }), 'stations[1].key: is the same as stations[0].key');
  assert.equal(refused({ stations: [['02:00:00:00:00:01', 70000]] }), 'stations[0].value: 70000 is not an integer in 0 … 65535');
  assert.equal(refused({ stations: [1, 2, 3] }), 'stations: has 3 entries; its capacity is 2');
  assert.equal(refused({ stations: [1] }), 'stations[0]: is an entry [key, value]');
  assert.equal(refused({ learned: [['02:00:00:00:00:01', { prot: 1 }]] }), 'learned[0].value.prot: there is no such field; Place has port');
  assert.equal(refused({ routes: [['10.1.0.0', 1]] }), 'routes[0].key: is not a prefix such as 10.0.0.0/8');
  assert.equal(refused({ routes: [['10.1.0.0/8', 1]] }), 'routes[0].key: has bits set behind its prefix');
  assert.match(refused({ routes: [['10.1.0.0/33', 1]] }), /has no `bits` in 0 … 32/);
  assert.equal(refused({ weights: [1, 2, 3, 4] }), 'weights: is a list of at most 3 values');
  assert.equal(refused({ settings: { ageing: 1 } }), 'settings.ageing: there is no such field; it has ageingSeconds, burst');
  assert.equal(refused({ events: [] }), 'events: is written by packets only');
  assert.equal(refused({ weights: ['x'], nothing: 1 }).split('; ').length, 3);
});

test('maps of maps: what each holds, by key or by index, and where it is wrong', () => {
  const ring = { ...declare({ name: 'rings', kind: 'array', value: U16, capacity: 2 }), exported: false };
  const seen = { ...declare({ name: 'seen', kind: 'array', value: U16 }), kind: 'hash', capacity: 2, key: IP4, exported: false } as const;
  const own: Image = {
    ...image, maps: [
      { ...declare({ name: 'rings', kind: 'hash', value: U32, key: U16, capacity: 2 }), kind: 'hash-of-maps', inner: ring },
      { ...declare({ name: 'lists', kind: 'array', value: U32, capacity: 2 }), kind: 'array-of-maps', inner: seen },
    ],
  };
  const encoded = encodeContents(own, 1, { rings: [[7, [1, 2]], [8, []]], lists: [[], [['10.0.0.1', 3]]] });
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  assert.deepEqual(encoded.ok && encoded.maps.map(m => [m.entries, m.inner.map(([key, list]) => [hex(key), list.map(entry => entry.map(hex))])]), [
    [[], [['0100000007000000', [['00000000', '0100'], ['01000000', '0200']]], ['0100000008000000', []]]],
    [[], [['00000000', []], ['01000000', [['0a000001', '0300']]]]],
  ]);
  const said = (contents: Contents): string => {
    const result = encodeContents(own, 1, contents);
    return result.ok ? 'ok' : result.errors.map(e => `${e.path}: ${e.message}`).join('; ');
  };
  assert.equal(said({ rings: [[7, [1, 2, 3]]] }), 'rings[0].value: is a list of at most 2 values');
  assert.equal(said({ rings: [[7, [1]], [7, [2]]] }), 'rings[1].key: is the same as rings[0].key');
  assert.equal(said({ rings: [[7, []], [8, []], [9, []]] }), 'rings: has 3 entries; its capacity is 2');
  assert.equal(said({ rings: [7] }), 'rings[0]: is an entry [key, value]');
  assert.match(said({ rings: [[7, ['x']]] }), /^rings\[0\]\.value\[0\]: /);
  assert.equal(said({ lists: { 0: [] } }), 'lists: is a list of what its maps hold');
  assert.match(said({ lists: [[['10.0.0.1', 1], ['nobody', 2]]] }), /^lists\[0\]\[1\]\.key: /);
});
