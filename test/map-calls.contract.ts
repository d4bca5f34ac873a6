// What programs get from helper functions on maps, on every engine: one list of tests, given a way to make maps and to run a tc program.
// Who passes it is map-calls.test.ts.

import assert from 'node:assert/strict';
import type { LiveMap } from '../src/image/live-map.ts';
import type { ContractMapSpec, MakeMap } from './map.contract.ts';

export interface CallsEngine {
  readonly make: MakeMap;
  /** Runs assembler text on a small packet: cb afterwards. r6 is the context; the text goes on to `exit`. */
  run(text: string): readonly number[];
}

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
const spec = (type: ContractMapSpec['type'], valueBytes: number, capacity = 4): ContractMapSpec => ({ name: 'contract', type, keyBytes: 4, valueBytes, capacity });

/** r0: the value (or map) of a key in the map of a reference. */
const lookup = (map: LiveMap, key: number): string => `
  stw [%r10-4], ${key}
  lddw %r1, map_fd(${map.reference})
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem`;

export const MAP_CALLS_CONTRACT: readonly { readonly name: string; readonly body: (engine: CallsEngine) => void }[] = [
  ...(['ARRAY_OF_MAPS', 'HASH_OF_MAPS'] as const).flatMap(type => (['HASH', 'ARRAY'] as const).map(inner => ({
    name: `a program finds a map in ${type}, and in it a value of ${inner}`, body({ make, run }: CallsEngine) {
      const maps = [make(spec(inner, 8)), make(spec(inner, 8))] as const;
      maps[0].update(u32(3), u64(70));
      maps[1].update(u32(3), u64(71));
      const outer = make(spec(type, 4), maps[0]);
      const text = (key: number): string => `
        ${lookup(outer, key)}
        jeq %r0, 0, none
        stw [%r10-4], 3
        mov %r1, %r0
        mov %r2, %r10
        add %r2, -4
        call map_lookup_elem
        jeq %r0, 0, none
        ldxw %r1, [%r0]
        stxw [%r6+cb], %r1
        add %r1, 100
        stxw [%r0], %r1
        none: mov %r0, 0
        exit`;
      assert.equal(run(text(1))[0], 0);
      outer.update(u32(1), u32(maps[1].reference));
      outer.update(u32(2), u32(maps[0].reference));
      assert.deepEqual([1, 2, 3, 9].map(key => run(text(key))[0]), [71, 70, 0, 0]);
      assert.deepEqual(maps.map(map => map.lookup(u32(3))), [u64(170), u64(171)]);
      outer.update(u32(2), u32(maps[1].reference));
      assert.equal(run(text(2))[0], 171);
    },
  }))),
];
