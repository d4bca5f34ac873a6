// What programs get from helper functions on maps, on every engine: one list of tests, given a way to make maps and to run a tc program.
// Who passes it is map-calls.test.ts.

import assert from 'node:assert/strict';
import type { LiveMap } from '../src/image/live-map.ts';
import type { ContractMapSpec, MakeMap } from './map.contract.ts';

interface CallsEngine {
  readonly make: MakeMap;
  /** Takes the records of a ring buffer, oldest first. */
  drain(map: LiveMap): readonly Uint8Array[];
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
  ...(['QUEUE', 'STACK'] as const).map(type => ({
    name: `a program pushes, peeks and pops: ${type}`, body({ make, run }: CallsEngine) {
      const map = make({ ...spec(type, 8, 2), keyBytes: 0 });
      const call = (name: string, flags = 0): string => `
        lddw %r1, map_fd(${map.reference})
        mov %r2, %r10
        add %r2, -8
        mov %r3, ${flags}
        call ${name}`;
      const push = (n: number, flags = 0): number => run(`stdw [%r10-8], ${n}\n${call('map_push_elem', flags)}\nstxw [%r6+cb], %r0\nmov %r0, 0\nexit`)[0]! | 0;
      const take = (name: string): number[] => run(`stdw [%r10-8], -1\n${call(name)}\nstxw [%r6+cb], %r0\nldxw %r1, [%r10-8]\nstxw [%r6+52], %r1\nmov %r0, 0\nexit`).slice(0, 2).map(n => n | 0);
      assert.deepEqual([take('map_peek_elem'), take('map_pop_elem')], [[-2, 0], [-2, 0]]);
      assert.deepEqual([push(1), push(2), push(3), push(3, 1), push(3, 2), push(3, 4)], [0, 0, -7, -22, 0, -22]);
      assert.deepEqual(take('map_peek_elem'), [0, type === 'QUEUE' ? 2 : 3]);
      assert.deepEqual([take('map_pop_elem'), take('map_pop_elem'), take('map_pop_elem')], type === 'QUEUE' ? [[0, 2], [0, 3], [-2, 0]] : [[0, 3], [0, 2], [-2, 0]]);
    },
  })),
  {
    name: 'a bloom filter finds what was pushed', body({ make, run }) {
      const map = make({ ...spec('BLOOM_FILTER', 8, 100), keyBytes: 0 });
      const call = (name: string, n: number): number => run(`
        stdw [%r10-8], ${n}
        lddw %r1, map_fd(${map.reference})
        mov %r2, %r10
        add %r2, -8
        mov %r3, 0
        call ${name}
        stxw [%r6+cb], %r0
        mov %r0, 0
        exit`)[0]! | 0;
      assert.equal(call('map_peek_elem', 5), -2);
      map.update(new Uint8Array(0), u64(5));
      assert.equal(call('map_push_elem', 6), 0);
      assert.deepEqual([5, 6].map(n => call('map_peek_elem', n)), [0, 0]);
      const missed = Array.from({ length: 40 }, (_, n) => call('map_peek_elem', 1000 + n)).filter(result => result !== -2);
      assert.ok(missed.length < 10, `${missed.length} of 40 were found that were not pushed`);
    },
  },
  ...(['HASH', 'LRU_HASH', 'PERCPU_HASH', 'LRU_PERCPU_HASH', 'ARRAY'] as const).map(type => ({
    name: `a program updates and deletes with flags: ${type}`, body({ make, run }: CallsEngine) {
      const map = make(spec(type, 8, 3));
      const update = (key: number, flags: number): number => run(`
        stw [%r10-4], ${key}
        stdw [%r10-16], 7
        lddw %r1, map_fd(${map.reference})
        mov %r2, %r10
        add %r2, -4
        mov %r3, %r10
        add %r3, -16
        mov %r4, ${flags}
        call map_update_elem
        stxw [%r6+cb], %r0
        mov %r0, 0
        exit`)[0]! | 0;
      const remove = (key: number): number => run(`
        stw [%r10-4], ${key}
        lddw %r1, map_fd(${map.reference})
        mov %r2, %r10
        add %r2, -4
        call map_delete_elem
        stxw [%r6+cb], %r0
        mov %r0, 0
        exit`)[0]! | 0;
      const find = (key: number): number => run(`stw [%r6+cb], -1\n${lookup(map, key)}\njeq %r0, 0, none\nldxw %r1, [%r0]\nstxw [%r6+cb], %r1\nnone: mov %r0, 0\nexit`)[0]! | 0;
      assert.deepEqual([update(1, 2), update(1, 1), update(1, 1), update(1, 0), update(1, 2), update(1, 3)], type === 'ARRAY' ? [0, -17, -17, 0, 0, -22] : [-2, 0, -17, 0, 0, -22]);
      assert.equal(find(1), 7);
      assert.deepEqual([remove(1), remove(1)], type === 'ARRAY' ? [-22, -22] : [0, -2]);
      assert.equal(find(1), type === 'ARRAY' ? 7 : -1);
      if (type === 'ARRAY') assert.deepEqual([update(3, 0), find(3)], [-7, -1]);
    },
  })),
  {
    name: 'a program finds the value of a CPU', body({ make, run }) {
      const map = make(spec('PERCPU_ARRAY', 8));
      const ask = (key: number, cpu: number): number => run(`
        stw [%r10-4], ${key}
        lddw %r1, map_fd(${map.reference})
        mov %r2, %r10
        add %r2, -4
        mov %r3, ${cpu}
        call map_lookup_percpu_elem
        stw [%r6+cb], 0
        jeq %r0, 0, none
        stw [%r6+cb], 1
        none: mov %r0, 0
        exit`)[0]!;
      assert.deepEqual([ask(0, 0), ask(9, 0), ask(0, 100_000)], [1, 0, 0]);
    },
  },
  {
    name: 'records are reserved, submitted or discarded, and the ring says what it holds', body({ make, run, drain }) {
      const ring = make({ ...spec('RINGBUF', 0, 4096), keyBytes: 0 });
      const reserve = (n: number, bytes: number, end: string): number => run(`
        lddw %r1, map_fd(${ring.reference})
        mov %r2, ${bytes}
        mov %r3, 0
        call ringbuf_reserve
        stw [%r6+cb], 0
        jeq %r0, 0, none
        stw [%r6+cb], 1
        stdw [%r0], ${n}
        mov %r1, %r0
        mov %r2, 0
        call ${end}
        none: mov %r0, 0
        exit`)[0]!;
      const query = (what: number): number => run(`lddw %r1, map_fd(${ring.reference})\nmov %r2, ${what}\ncall ringbuf_query\nstxw [%r6+cb], %r0\nmov %r0, 0\nexit`)[0]!;
      assert.deepEqual([reserve(1, 8, 'ringbuf_submit'), reserve(2, 12, 'ringbuf_discard'), reserve(3, 16, 'ringbuf_submit')], [1, 1, 1]);
      assert.deepEqual([0, 1, 2, 3, 9].map(query), [16 + 24 + 24, 4096, 0, 64, 0]);
      assert.deepEqual(drain(ring).map(r => [r.length, r[0]]), [[8, 1], [16, 3]]);
      assert.deepEqual([0, 2, 3].map(query), [0, 64, 64]);
      assert.deepEqual([reserve(4, 5000, 'ringbuf_submit'), reserve(5, 4088, 'ringbuf_submit'), reserve(6, 4080, 'ringbuf_submit'), reserve(7, 8, 'ringbuf_submit')], [0, 0, 1, 0]);
      assert.deepEqual(drain(ring).map(r => [r.length, r[0]]), [[4080, 6]]);
      assert.equal(reserve(8, 8, 'ringbuf_submit'), 1);
      const output = (bytes: number, flags: number): number => run(`
        stdw [%r10-8], 77
        lddw %r1, map_fd(${ring.reference})
        mov %r2, %r10
        add %r2, -8
        mov %r3, ${bytes}
        mov %r4, ${flags}
        call ringbuf_output
        stxw [%r6+cb], %r0
        mov %r0, 0
        exit`)[0]! | 0;
      assert.deepEqual([output(8, 0), output(5, 1), output(8, 4)], [0, 0, -22]);
      assert.deepEqual(drain(ring).map(r => [r.length, r[0]]), [[8, 8], [8, 77], [5, 77]]);
    },
  },
];
