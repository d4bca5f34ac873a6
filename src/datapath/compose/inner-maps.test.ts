// Maps of maps of an element: what changes is another map, what does not stays the same one; a crash in between is mended.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image, MapDecl } from '../../image/image.ts';
import type { Contents } from '../../image/values.ts';
import { switchImage } from '../fixtures/switch.ts';
import type { ElementSpec } from '../datapath.ts';
import { Lab } from '../vm/lab.ts';
import { VmEngine } from '../vm/engine.ts';
import { ComposedDatapath } from './datapath.ts';
import type { Engine } from './engine.ts';
import { shapeOf } from './image-maps.ts';

const u32 = { kind: 'int', bits: 32, signed: false, order: 'little' } as const;
const ring: MapDecl = { name: 'rings', exported: false, kind: 'array', scope: 'element', capacity: 4, keyBytes: 4, key: u32, keyOffset: 0, valueBytes: 4, value: u32, valueOffset: 0 };
const common = { exported: true, capacity: 8, key: u32, valueBytes: 4, value: u32, valueOffset: 0, inner: ring } as const;
const RINGS: MapDecl = { ...common, name: 'rings', kind: 'hash-of-maps', scope: 'image', keyBytes: 8, keyOffset: 4 };
const LISTS: MapDecl = { ...common, name: 'lists', kind: 'array-of-maps', scope: 'element', keyBytes: 4, keyOffset: 0 };

const image = (): Image => ({ ...switchImage(), maps: [...switchImage().maps, RINGS, LISTS] });
const element = (contents: Contents, id = 1): ElementSpec => ({ uid: `net${id}`, id, imageHash: 'i', contents, wires: [] });

function put(engine: Engine, ...specs: readonly ElementSpec[]): number {
  const datapath = new ComposedDatapath(engine);
  datapath.putImage('i', image());
  for (const spec of specs) datapath.putElement(spec);
  return datapath.changes;
}

/** By key: the id of the map there. */
function tables(engine: Engine): Record<string, number> {
  const pins = engine.pins().maps.filter(pin => /rings|lists/.test(pin)).sort();
  return Object.fromEntries(pins.flatMap(pin => [...engine.openMap(pin)?.live.entries() ?? []].map(([key, value]) =>
    [`${/rings|lists/.exec(pin)?.[0]} ${Buffer.from(key).toString('hex')}`, Buffer.from(value).readUInt32LE()])));
}

const FIRST = 'rings 0100000001000000', SECOND = 'rings 0100000002000000', OTHER = 'rings 0200000001000000', LIST = 'lists 00000000';

test('only what differs becomes another map, and what is not named any more goes', () => {
  const engine = new VmEngine(new Lab(), 's');
  put(engine, element({ rings: [[1, [1, 2]], [2, [3]]], lists: [[5]] }), element({ rings: [[1, [9]]] }, 2));
  const before = tables(engine);
  assert.deepEqual(Object.keys(before).sort(), [LIST, FIRST, SECOND, OTHER].sort());
  assert.equal(put(engine, element({ rings: [[1, [1, 2]], [2, [3]]], lists: [[5]] })), 0);

  put(engine, element({ rings: [[1, [1, 2]], [2, [4]]], lists: [[5]] }));
  const after = tables(engine);
  assert.deepEqual([after[FIRST], after[OTHER], after[LIST]], [before[FIRST], before[OTHER], before[LIST]]);
  assert.notEqual(after[SECOND], before[SECOND]);

  put(engine, element({ rings: [[2, [4]]] }));
  assert.deepEqual(tables(engine), { [SECOND]: after[SECOND], [OTHER]: after[OTHER] });
  new ComposedDatapath(engine).removeElement('net1');
  assert.deepEqual(tables(engine), { [OTHER]: after[OTHER] });
});

test('a change that was cut off, and is taken back, leaves what is wanted', () => {
  const lab = new Lab();
  const wanted = element({ rings: [[1, [1]]] });
  put(new VmEngine(lab, 's'), wanted);
  const before = tables(new VmEngine(lab, 's'));
  // The program is loaded behind the tables; here it cannot be, for the map that it is linked with is gone.
  const engine = new VmEngine(lab, 's');
  engine.loadProgram = () => { throw new Error('cut off'); };
  engine.setSlot = () => { throw new Error('cut off'); };
  assert.throws(() => put(engine, { ...element({ rings: [[1, [7]]], features: { groups: false } }) }), /cut off/);
  const cut = tables(new VmEngine(lab, 's'));
  assert.notEqual(cut[FIRST], before[FIRST]);
  put(new VmEngine(lab, 's'), wanted);
  const after = tables(new VmEngine(lab, 's'));
  assert.notEqual(after[FIRST], cut[FIRST]);
  assert.equal(put(new VmEngine(lab, 's'), wanted), 0);
});

test('what is to be made of a map of maps says what its maps are', () => {
  assert.deepEqual(shapeOf(RINGS).inner, { kind: 'array', keyBytes: 4, valueBytes: 4, capacity: 4 });
});
