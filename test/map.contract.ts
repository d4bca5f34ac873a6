// What a live map does on every engine: one list of tests for all, given a way to make maps. Who passes it is map.test.ts.

import assert from 'node:assert/strict';
import type { LiveMap } from '../src/image/live-map.ts';

type ContractMapType = 'HASH' | 'LRU_HASH' | 'ARRAY' | 'PERCPU_ARRAY' | 'PERCPU_HASH' | 'LRU_PERCPU_HASH' | 'LPM_TRIE' | 'ARRAY_OF_MAPS' | 'HASH_OF_MAPS'
  | 'QUEUE' | 'STACK' | 'DEVMAP' | 'DEVMAP_HASH' | 'BLOOM_FILTER' | 'RINGBUF';
export interface ContractMapSpec {
  readonly name: string;
  readonly type: ContractMapType;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly capacity: number;
  readonly flags?: number;
}
export type MakeMap = (spec: ContractMapSpec, innerMap?: LiveMap) => LiveMap;

/** Nobody has so many. The vm's default is that all are there, so the tests give it a world. */
export const NO_DEVICE = 99_999;
const BPF_F_NO_PREALLOC = 1, BPF_F_INNER_MAP = 0x1000;

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
const prefix = (bits: number, ...address: number[]): Uint8Array => Uint8Array.of(...u32(bits), ...address);
/** Value of the first CPU. */
const first = (value: Uint8Array | undefined): number | undefined => value && Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true));
const code = (name: string): ((error: unknown) => boolean) => error => (error as { code?: unknown }).code === name;
const sorted = (map: LiveMap): [string, number][] => [...map.entries()].map(([k, v]): [string, number] => [Buffer.from(k).toString('hex'), first(v)!]).sort();

const hash = (type: ContractMapType, capacity: number): ContractMapSpec => ({ name: 'contract', type, keyBytes: 4, valueBytes: 8, capacity });
const LPM: ContractMapSpec = { name: 'contract', type: 'LPM_TRIE', keyBytes: 8, valueBytes: 8, capacity: 3, flags: BPF_F_NO_PREALLOC };

interface ContractCase {
  readonly name: string;
  readonly spec: ContractMapSpec;
  /** Of a map of maps: what those in it are like. */
  readonly inner?: ContractMapSpec;
  readonly body: (map: LiveMap, make: MakeMap) => void;
}

export const MAP_CONTRACT: readonly ContractCase[] = [
  {
    name: 'a hash keeps what was updated, until it is deleted', spec: hash('HASH', 4), body(map) {
      assert.equal(map.lookup(u32(1)), undefined);
      map.update(u32(1), u64(10));
      map.update(u32(2), u64(20));
      map.update(u32(1), u64(11));
      assert.deepEqual(sorted(map), [['01000000', 11], ['02000000', 20]]);
      assert.equal(map.delete(u32(1)), true);
      assert.equal(map.delete(u32(1)), false);
      assert.equal(map.lookup(u32(1)), undefined);
      assert.equal(first(map.lookup(u32(2))), 20);
    },
  },
  {
    name: 'a hash tells new from existing', spec: hash('HASH', 4), body(map) {
      assert.throws(() => map.update(u32(1), u64(1), 'existing'), code('ENOENT'));
      map.update(u32(1), u64(1), 'new');
      assert.throws(() => map.update(u32(1), u64(2), 'new'), code('EEXIST'));
      map.update(u32(1), u64(3), 'existing');
      assert.equal(first(map.lookup(u32(1))), 3);
    },
  },
  {
    name: 'a full hash refuses more, and replaces', spec: hash('HASH', 2), body(map) {
      map.update(u32(1), u64(1));
      map.update(u32(2), u64(2));
      assert.throws(() => map.update(u32(3), u64(3)), code('E2BIG'));
      map.update(u32(2), u64(4));
      map.delete(u32(1));
      map.update(u32(3), u64(3));
      assert.deepEqual(sorted(map), [['02000000', 4], ['03000000', 3]]);
    },
  },
  {
    name: 'a hash of many entries gives them all back', spec: hash('HASH', 1000), body(map) {
      for (let i = 0; i < 1000; i++) map.update(u32(i * 7919), u64(i));
      for (let i = 0; i < 1000; i += 3) map.delete(u32(i * 7919));
      for (let i = 0; i < 1000; i++) assert.equal(first(map.lookup(u32(i * 7919))), i % 3 === 0 ? undefined : i);
      assert.equal([...map.entries()].length, 666);
    },
  },
  {
    name: 'an LRU hash takes the new and lets the old go', spec: hash('LRU_HASH', 128), body(map) {
      for (let i = 0; i < 1000; i++) map.update(u32(i), u64(i));
      assert.equal(first(map.lookup(u32(999))), 999);
      assert.ok([...map.entries()].length <= 128);
      assert.throws(() => map.update(u32(999), u64(1), 'new'), code('EEXIST'));
      assert.throws(() => map.update(u32(5000), u64(1), 'existing'), code('ENOENT'));
    },
  },
  {
    name: 'an array has all its entries, always', spec: hash('ARRAY', 3), body(map) {
      assert.equal(first(map.lookup(u32(2))), 0);
      map.update(u32(2), u64(9));
      assert.deepEqual(sorted(map), [['00000000', 0], ['01000000', 0], ['02000000', 9]]);
      assert.equal(map.lookup(u32(3)), undefined);
      assert.throws(() => map.update(u32(3), u64(1)), code('E2BIG'));
      assert.throws(() => map.update(u32(0), u64(1), 'new'), code('EEXIST'));
      assert.throws(() => map.delete(u32(0)), code('EINVAL'));
    },
  },
  ...(['PERCPU_ARRAY', 'PERCPU_HASH'] as const).map(type => ({
    name: `a ${type} has a value for each CPU`, spec: { ...hash(type, 2), valueBytes: 12 }, body(map: LiveMap) {
      if (type === 'PERCPU_HASH') assert.equal(map.lookup(u32(1)), undefined);
      const bytes = (type === 'PERCPU_ARRAY' ? map.lookup(u32(1))! : new Uint8Array(map.transferBytes)).length;
      assert.equal(bytes, map.transferBytes);
      assert.equal(bytes % 16, 0);
      const value = new Uint8Array(bytes);
      for (let at = 0; at < bytes; at += 16) value.fill(1 + at / 16, at, at + 12);
      map.update(u32(1), value);
      assert.deepEqual(map.lookup(u32(1)), value);
    },
  })),
  {
    name: 'a trie finds the longest prefix', spec: LPM, body(map) {
      map.update(prefix(0, 0, 0, 0, 0), u64(1));
      map.update(prefix(8, 10, 0, 0, 0), u64(2));
      map.update(prefix(23, 10, 1, 2, 0), u64(3));
      assert.equal(first(map.lookup(prefix(32, 10, 1, 3, 9))), 3);
      assert.equal(first(map.lookup(prefix(32, 10, 1, 4, 9))), 2);
      assert.equal(first(map.lookup(prefix(32, 11, 0, 0, 1))), 1);
      assert.equal(first(map.lookup(prefix(22, 10, 1, 2, 0))), 2);
      assert.throws(() => map.update(prefix(32, 1, 1, 1, 1), u64(4)), code('ENOSPC'));
      assert.throws(() => map.update(prefix(33, 1, 1, 1, 1), u64(4)), code('EINVAL'));
      assert.equal(map.delete(prefix(23, 10, 1, 2, 0)), true);
      assert.equal(map.delete(prefix(23, 10, 1, 2, 0)), false);
      assert.equal(first(map.lookup(prefix(32, 10, 1, 3, 9))), 2);
    },
  },
  {
    name: 'a trie ignores bits behind the prefix', spec: LPM, body(map) {
      map.update(prefix(20, 10, 1, 0xff, 0xff), u64(7));
      map.update(prefix(20, 10, 1, 0xf0, 0), u64(8));
      assert.equal([...map.entries()].length, 1);
      assert.equal(first(map.lookup(prefix(32, 10, 1, 0xf7, 1))), 8);
    },
  },
  ...(['ARRAY_OF_MAPS', 'HASH_OF_MAPS'] as const).map((type): ContractCase => ({
    name: `${type} holds maps like the one it was made after, and keeps them`, spec: { ...hash(type, 2), valueBytes: 4 }, inner: hash('HASH', 4), body(map, make) {
      const one = make(hash('HASH', 4)), larger = make(hash('HASH', 9));
      const ids = [one.id, larger.id];
      assert.equal(map.lookup(u32(1)), undefined);
      map.update(u32(1), u32(one.reference));
      assert.deepEqual(map.lookup(u32(1)), u32(ids[0]!));
      map.update(u32(1), u32(larger.reference));
      assert.deepEqual([...map.entries()].map(([k, v]) => [k, v]), [[u32(1), u32(ids[1]!)]]);
      for (const unlike of [hash('ARRAY', 4), { ...hash('HASH', 4), valueBytes: 4 }, { ...hash('HASH', 4), flags: BPF_F_NO_PREALLOC }]) {
        const other = make(unlike);
        assert.throws(() => map.update(u32(1), u32(other.reference)), code('EINVAL'));
        other.close();
      }
      assert.throws(() => map.update(u32(1), u32(0xffff)), code('EBADF'));
      map.update(u32(0), u32(one.reference));
      one.close();
      assert.deepEqual(map.lookup(u32(0)), u32(ids[0]!));
      assert.equal(map.delete(u32(0)), true);
      assert.equal(map.delete(u32(0)), false);
      larger.close();
    },
  })),
  {
    name: 'ARRAY_OF_MAPS takes no flags, and nothing behind its end', spec: { ...hash('ARRAY_OF_MAPS', 2), valueBytes: 4 }, inner: hash('HASH', 4), body(map, make) {
      const inner = make(hash('HASH', 4));
      for (const mode of ['new', 'existing'] as const) assert.throws(() => map.update(u32(0), u32(inner.reference), mode), code('EINVAL'));
      assert.throws(() => map.update(u32(2), u32(inner.reference)), code('E2BIG'));
      assert.throws(() => map.delete(u32(2)), code('E2BIG'));
      inner.close();
    },
  },
  {
    name: 'HASH_OF_MAPS tells new from existing, and is full', spec: { ...hash('HASH_OF_MAPS', 1), valueBytes: 4 }, inner: hash('ARRAY', 4), body(map, make) {
      const inner = make(hash('ARRAY', 4)), longer = make(hash('ARRAY', 5));
      assert.throws(() => map.update(u32(0), u32(inner.reference), 'existing'), code('ENOENT'));
      map.update(u32(0), u32(inner.reference), 'new');
      assert.throws(() => map.update(u32(0), u32(inner.reference), 'new'), code('EEXIST'));
      assert.throws(() => map.update(u32(1), u32(inner.reference)), code('E2BIG'));
      assert.throws(() => map.update(u32(0), u32(longer.reference)), code('EINVAL'));
      inner.close();
      longer.close();
    },
  },
  {
    name: 'arrays of any length go into a map of arrays made so', spec: { ...hash('ARRAY_OF_MAPS', 2), valueBytes: 4 }, inner: { ...hash('ARRAY', 4), flags: BPF_F_INNER_MAP }, body(map, make) {
      const longer = make({ ...hash('ARRAY', 400), flags: BPF_F_INNER_MAP }), plain = make(hash('ARRAY', 4));
      map.update(u32(0), u32(longer.reference));
      assert.throws(() => map.update(u32(0), u32(plain.reference)), code('EINVAL'));
      longer.close();
      plain.close();
    },
  },
  {
    name: 'a map of maps holds no maps of maps', spec: hash('HASH', 1), body(map, make) {
      const outer = make({ ...hash('ARRAY_OF_MAPS', 1), valueBytes: 4 }, map);
      for (const type of ['ARRAY_OF_MAPS', 'HASH_OF_MAPS'] as const) {
        assert.throws(() => make({ ...hash(type, 1), valueBytes: 4 }, outer), code('EINVAL'));
        assert.throws(() => make({ ...hash(type, 1), valueBytes: 4 }), code('EINVAL'));
        assert.throws(() => make(hash(type, 1), map), code('EINVAL'));
      }
      outer.close();
    },
  },
  ...(['QUEUE', 'STACK'] as const).map((type): ContractCase => ({
    name: `${type} gives values in its order`, spec: { ...hash(type, 3), keyBytes: 0 }, body(map) {
      const none = new Uint8Array(0);
      const take = (): number | undefined => first(map.lookupAndDelete(none));
      assert.deepEqual([map.lookup(none), take()], [undefined, undefined]);
      map.updateMany([1, 2, 3].map(n => [none, u64(n)] as const));
      assert.throws(() => map.update(none, u64(4)), code('E2BIG'));
      assert.throws(() => map.update(none, u64(4), 'new'), code('EINVAL'));
      map.update(none, u64(4), 'existing');
      assert.equal(first(map.lookup(none)), type === 'QUEUE' ? 2 : 4);
      assert.deepEqual([take(), take()], type === 'QUEUE' ? [2, 3] : [4, 3]);
      map.update(none, u64(5));
      assert.deepEqual([take(), take(), take()], type === 'QUEUE' ? [4, 5, undefined] : [5, 2, undefined]);
      assert.throws(() => map.delete(none), code('EINVAL'));
      assert.throws(() => map.nextKey(undefined), code('EINVAL'));
    },
  })),
  ...(['HASH', 'LRU_HASH', 'PERCPU_HASH', 'LRU_PERCPU_HASH'] as const).map((type): ContractCase => ({
    name: `${type}: entries are taken out, and many at once written and deleted`, spec: hash(type, 64), body(map) {
      const value = (n: number): Uint8Array => {
        const all = new Uint8Array(map.transferBytes);
        for (let at = 0; at < all.length; at += 8) all.set(u64(n), at);
        return all;
      };
      assert.equal(map.lookupAndDelete(u32(1)), undefined);
      map.updateMany([1, 2, 3].map(n => [u32(n), value(n * 10)] as const));
      assert.equal(first(map.lookupAndDelete(u32(2))), 20);
      assert.equal(map.lookup(u32(2)), undefined);
      assert.throws(() => map.updateMany([[u32(5), value(50)], [u32(1), value(1)], [u32(6), value(60)]], 'new'), code('EEXIST'));
      assert.deepEqual([1, 5, 6].map(n => first(map.lookup(u32(n)))), [10, 50, undefined]);
      assert.throws(() => map.deleteMany([u32(1), u32(9), u32(3)]), code('ENOENT'));
      assert.deepEqual([1, 3].map(n => first(map.lookup(u32(n)))), [undefined, 30]);
      map.deleteMany([u32(3), u32(5)]);
      assert.deepEqual([...map.entries()], []);
    },
  })),
  ...(['HASH', 'LRU_HASH', 'LPM_TRIE'] as const).map((type): ContractCase => ({
    name: `${type}: each key comes once, one after the other`, spec: { ...(type === 'LPM_TRIE' ? LPM : hash(type, 64)), capacity: 64 }, body(map) {
      const keyOf = (n: number): Uint8Array => type === 'LPM_TRIE' ? prefix(32, 10, 0, 0, n) : u32(n);
      assert.equal(map.nextKey(undefined), undefined);
      for (let n = 0; n < 40; n++) map.update(keyOf(n), u64(n));
      const seen: string[] = [];
      for (let key = map.nextKey(undefined); key !== undefined; key = map.nextKey(key)) seen.push(Buffer.from(key).toString('hex'));
      assert.deepEqual(seen.sort(), Array.from({ length: 40 }, (_, n) => Buffer.from(keyOf(n)).toString('hex')).sort());
      if (type !== 'LPM_TRIE') assert.deepEqual(map.nextKey(keyOf(99)), map.nextKey(undefined));
    },
  })),
  {
    name: 'keys of an array are its indexes, and nothing is taken out of it', spec: hash('ARRAY', 3), body(map) {
      assert.deepEqual([undefined, u32(0), u32(2), u32(7)].map(key => map.nextKey(key)), [u32(0), u32(1), undefined, u32(0)]);
      assert.throws(() => map.lookupAndDelete(u32(0)), code('ENOTSUPP'));
    },
  },
  {
    name: 'DEVMAP: places for devices', spec: { ...hash('DEVMAP', 2), valueBytes: 4 }, body(map) {
      assert.equal(map.lookup(u32(0)), undefined);
      map.update(u32(0), u32(1));
      assert.deepEqual(map.lookup(u32(0)), u32(1));
      assert.throws(() => map.update(u32(1), u32(1), 'new'), code('EEXIST'));
      assert.throws(() => map.update(u32(2), u32(1)), code('E2BIG'));
      assert.throws(() => map.update(u32(1), u32(NO_DEVICE)), code('EINVAL'));
      map.update(u32(0), u32(0));
      assert.equal(map.lookup(u32(0)), undefined);
      map.update(u32(1), u32(1), 'existing');
      assert.deepEqual([map.delete(u32(1)), map.delete(u32(1)), map.lookup(u32(1))], [true, true, undefined]);
      assert.throws(() => map.delete(u32(2)), code('EINVAL'));
    },
  },
  {
    name: 'DEVMAP_HASH: devices by key', spec: { ...hash('DEVMAP_HASH', 2), valueBytes: 8 }, body(map) {
      assert.equal(map.lookup(u32(70)), undefined);
      map.update(u32(70), u64(1), 'existing');
      assert.deepEqual(map.lookup(u32(70)), u64(1));
      assert.throws(() => map.update(u32(70), u64(1), 'new'), code('EEXIST'));
      assert.throws(() => map.update(u32(71), u64(0)), code('EINVAL'));
      assert.throws(() => map.update(u32(71), u64(NO_DEVICE)), code('EINVAL'));
      map.update(u32(71), u64(1));
      assert.throws(() => map.update(u32(72), u64(1)), code('E2BIG'));
      assert.deepEqual([map.delete(u32(70)), map.delete(u32(70))], [true, false]);
      assert.deepEqual(sorted(map), [['47000000', 1]]);
    },
  },
  {
    name: 'a bloom filter is only written', spec: { ...hash('BLOOM_FILTER', 10), keyBytes: 0 }, body(map) {
      const none = new Uint8Array(0);
      map.update(none, u64(1));
      assert.throws(() => map.update(none, u64(1), 'existing'), code('EINVAL'));
      assert.throws(() => map.delete(none), code('EOPNOTSUPP'));
      assert.throws(() => map.nextKey(undefined), code('EOPNOTSUPP'));
    },
  },
  {
    name: 'maps of sizes that make no sense are not made', spec: hash('HASH', 1), body(_map, make) {
      const bad: readonly ContractMapSpec[] = [
        hash('HASH', 0), { ...hash('HASH', 1), keyBytes: 0 }, { ...hash('ARRAY', 1), keyBytes: 8 }, { ...hash('ARRAY', 1), valueBytes: 0 }, { ...LPM, flags: 0 },
        { ...LPM, keyBytes: 4 }, hash('QUEUE', 1), { ...hash('STACK', 1), keyBytes: 0, valueBytes: 0 }, { ...hash('DEVMAP', 1), valueBytes: 5 }, hash('BLOOM_FILTER', 1),
        { ...hash('DEVMAP_HASH', 1), keyBytes: 8 }, { ...hash('HASH_OF_MAPS', 1), valueBytes: 4 },
        { ...hash('ARRAY', 4), flags: BPF_F_NO_PREALLOC },
      ];
      for (const spec of bad) assert.throws(() => make(spec).close(), code('EINVAL'), JSON.stringify(spec));
      assert.throws(() => make({ ...hash('LRU_HASH', 4), flags: BPF_F_NO_PREALLOC }), code('ENOTSUPP'));
    },
  },
];
