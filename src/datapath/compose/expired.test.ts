// Tests that the dead go and the living stay, with a clock of ours.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from '../../image/image.ts';
import { wholeKey, wholeValue } from '../../image/hidden.ts';
import { switchImage } from '../fixtures/switch.ts';
import { VmEngine } from '../vm/engine.ts';
import { Lab } from '../vm/lab.ts';
import { openVmDatapath } from '../vm/open.ts';
import { imageMap } from './image-maps.ts';
import { Server } from './server.ts';

for (const scope of ['image', 'element'] as const) test(`entries long dead are taken away (scope ${scope})`, () => {
  let seconds = 1000;
  const lab = new Lab({ nowNs: () => seconds * 1e9 });
  const learned = { name: 'learned', exported: false, kind: 'expiring', scope, capacity: 8, keyBytes: scope === 'image' ? 10 : 6, valueBytes: 10, key: { kind: 'mac' }, keyOffset: scope === 'image' ? 4 : 0, value: { kind: 'int', bits: 16, signed: false, order: 'little' }, valueOffset: 8 } as const;
  const image: Image = { ...switchImage(), maps: [...switchImage().maps, learned] };
  const datapath = openVmDatapath({ lab, server: 's' });
  datapath.putImage('one', image);
  const engine = new VmEngine(lab, 's');
  datapath.putElement({ uid: 'net', id: 1, imageHash: 'one', contents: { stations: [] }, wires: [] });
  const own = engine.pins().maps.find(pin => pin.endsWith('m-learned')) ?? '';
  const { live } = scope === 'image' ? imageMap(new Server(engine), image, learned) : engine.openMap(own)!;
  const put = (last: number, expires?: bigint): void => { live.update(wholeKey(learned, 1, Uint8Array.of(2, 0, 0, 0, 0, last)), wholeValue(learned, new Uint8Array(2), expires)); };
  const at = (second: number): bigint => BigInt(second * engine.hz);
  put(1);
  put(2, at(1005));
  put(3, at(1100));
  const count = (): number => [...live.entries()].length;
  datapath.sweep();
  assert.equal(count(), 3);
  seconds = 1006;
  datapath.sweep();
  assert.equal(count(), 3, 'just dead');
  seconds = 1050;
  datapath.sweep();
  assert.equal(count(), 2);
  seconds = 2000;
  datapath.sweep();
  assert.equal(count(), 1, 'what control wrote stays');
});
