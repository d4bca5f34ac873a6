// What a dry run tells of an element whose module is another version: what packets wrote that it has no place for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image, MapDecl } from '../../image/image.ts';
import { type Layout, struct } from '../../image/layout.ts';
import { EMPTY_TOPOLOGY } from './topology.ts';
import { diffPlans } from './plan-diff.ts';
import { Table } from '../../model/table.ts';
import type { Built } from './planner.ts';

const u32: Layout = { kind: 'int', bits: 32, signed: false, order: 'little' };
const flows = (...fields: string[]): MapDecl => ({
  name: 'flows', exported: true, kind: 'hash', scope: 'image', capacity: 8, keyBytes: 8, key: u32, keyOffset: 4, valueBytes: 4 * fields.length, valueOffset: 0, value: struct('Flow', fields.map(name => ({ name, layout: u32 }))),
});
const image = (...maps: MapDecl[]): Image => ({ format: 1, name: 'knock', target: '6.1', kind: 'filter', files: [], programs: [], maps, ports: [], sites: [] });
const IMAGES: Readonly<Record<string, Image>> = { one: image(flows('seen', 'packets')), more: image(flows('seen', 'packets', 'bytes')), less: image(flows('seen')), other: image() };

const built = (imageHash: string): Built => {
  const owner = 'Function/red/knock/web';
  const section = { kind: 'element' as const, owner, element: { uid: 'f', id: 1, imageHash }, keyed: [], contents: {}, wires: [] };
  return {
    topology: EMPTY_TOPOLOGY, elements: Table.from(new Map([[owner, { hash: imageHash, section }]])),
    servers: new Map([['s1', { own: { hash: 'same', section: { kind: 'server', server: 's1', tunnel: { local: '192.0.2.1', udpPort: 4789 }, endpoints: [], contents: {} } }, elements: [owner], parts: new Map() }]]),
  };
};
const told = (before: string, after: string): unknown => diffPlans(built(before), built(after), hash => IMAGES[hash])[0]?.elements[0];

test('state that the next version does not keep is told, what it keeps is not', () => {
  const row = { name: 'Function/red/knock/web', action: 'changed' };
  assert.deepEqual(told('one', 'more'), row);
  assert.deepEqual(told('one', 'less'), { ...row, loses: ['flows: its value has no packets of that kind any more'] });
  assert.deepEqual(told('one', 'other'), { ...row, loses: ['flows: there is no map of this name any more'] });
  assert.deepEqual(told('one', 'unknown'), row);
});
