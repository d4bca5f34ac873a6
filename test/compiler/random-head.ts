// What every random module begins with: classes, maps, settings and functions that the rest uses, and what control wrote into the tries.

import type { Int, Kind } from './random-text.ts';

type Fields = readonly (readonly [string, Kind])[];
/** Integers and booleans of the classes below. */
export const ENTRY_FIELDS: Fields = [['count', 'u32'], ['total', 'u64'], ['tag', 'u16'], ['open', 'boolean'], ['word', 'u32'], ['debt', 'i32'], ['wide', 'u64']];
export const PROBE_FIELDS: readonly (readonly [string, Int])[] = [['kind', 'u8'], ['flags', 'u8'], ['id', 'u16'], ['seq', 'u32'], ['little', 'u32'], ['stamp', 'u64'], ['mark', 'u16'], ['debt', 'i32']];
export const PAIR_FIELDS: Fields = [['left', 'u32'], ['right', 'u16'], ['on', 'boolean'], ['far', 'i64']];
/** What a stage is handed. */
export const STATE_FIELDS: Fields = [['a', 'u32'], ['wide', 'u64'], ['b', 'u16'], ['on', 'boolean'], ['host', 'u128']];
export const SETTINGS: Fields = [['n', 'u32'], ['zero', 'u32'], ['big', 'u64'], ['small', 'u8'], ['debt', 'i32'], ['on', 'boolean'], ['most', 'u16'], ['host', 'u128']];

export const HEAD = `import { AnyIcmp, ArrayMap, Counter, Eth, ExpiringMap, HashMap, Header, Icmp, Icmpv6, Ip, Ipv4, Ipv6, Ipv6Fragment, Ipv6Options, Ipv6Routing, L4, LpmTrie, LruHashMap, Mac, PerCpuArray, Ports, RingBuffer, Tcp, Udp, bytes, checksum, compareSwap, config, drop, fetchAdd, filter, flood, hash, i32, i64, ipv4, ipv6, mac, mapped, max, min, mirror, module, next, now, punt, random, range, reply, seconds, shape, stage, tlvs, to, u128, u16, u32, u64, u8, unmapped, xdp, type be128, type be16, type be32, type Bytes, type FilterVerdict, type Ip4, type Ip6, type Verdict, type XdpVerdict } from 'iovisor/module';

class Probe extends Header { kind: u8 = 0; flags: u8 = 0; id: be16 = 0; seq: be32 = 0; little: u32 = 0; stamp: u64 = 0n; mark: u16 = 0; debt: i32 = 0 }
class Wide extends Header { host: be128 = 0n; hw: Mac = Mac.zero; tag: Bytes<3> = bytes(3); last: u8 = 0 }
class Key { a: u32 = 0; b: u8 = 0 }
class Entry { count: u32 = 0; total: u64 = 0n; tag: u16 = 0; open: boolean = false; word: be32 = 0; debt: i32 = 0; wide: u64 = 0n; list: [u8, u8, u8, u8] = [0, 0, 0, 0] }
class Pair { left: u32 = 0; right: be16 = 0; on: boolean = false; far: i64 = 0n }
class Record { pair: Pair = { left: 1, right: 2, on: true, far: 3n }; words: [u32, u32, u32] = [0, 0, 0]; host: u128 = 0n; hw: Mac = Mac.zero; tail: Bytes<5> = bytes(5); kind: u8 = 0 }
class Tally {
  count: u32 = 0;
  bytes: u32 = 10;
  get mean(): u32 { return this.bytes / this.count; }
  get isBusy() { return this.count > 2; }
  add(bytes: u32, count: u32 = 1): void { this.count += count; this.bytes += bytes; }
  above(limit: u32): boolean { return this.mean > limit && !this.isBusy; }
}
class State { a: u32 = 0; wide: u64 = 0n; b: u16 = 0; on: boolean = false; host: u128 = 0n }
const Color = { Red: 0, Green: 1, Blue: 2, Far: 200 } as const;

export const numbers = new HashMap<u32, u32>(3);
export const words = new HashMap<Key, u64>(4);
export const entries = new HashMap<Key, Entry>(4);
export const cells = new ArrayMap<Entry>(3);
export const records = new HashMap<u8, Record>(3);
export const hosts = new HashMap<Ip6, Pair>(5);
export const recent = new LruHashMap<u16, u32>(512);
export const ages = new ExpiringMap<u8, Pair>(512);
export const tallies = new HashMap<u8, Tally>(4);
export const routes = new LpmTrie<Ip4, u32>(16);
export const sites = new LpmTrie<Ip6, u8>(16);
export const rings = new HashMap<u32, ArrayMap<u32>>(8, { inner: 4 });
export const tables = new ArrayMap<HashMap<u16, u32>>(2, { inner: 3 });
const here = new PerCpuArray<Pair>(2);
const events = new RingBuffer<Record>(262144);
const seen = new Counter();
export const settings = config(class { n: u32 = 7; zero: u32 = 0; big: u64 = 0xffff_ffff_ffff_fff0n; small: u8 = 200; debt: i32 = -5; on: boolean = true; most: u16 = 0xffff; host: u128 = 0xfd00_0000_0000_0000_0000_0000_0000_0001n; table: [u16, u16, u16] = [9, 500, 65535] });
export const parts = shape(class { extra: boolean = true; none: boolean = false; depth: u8 = 3 });

function choose<T>(first: boolean, a: T, b: T): T { return first ? a : b; }
function orElse<T>(value: T | undefined, otherwise: T): T { return value ?? otherwise; }
function twice<T>(x: T, f: (x: T) => T): T { return f(f(x)); }
function times(n: u32, visit: (i: u32) => void): void { for (const i of range(n, 3)) visit(i); }
function pairOf(n: u32): Pair | undefined {
  if ((n & 3) === 0) return undefined;
  return { left: n, right: u16(n >> 8), on: n > 100, far: -i64(n) };
}
function smallOf(n: u32): u8 | undefined { return n < 200 ? u8(n) : undefined; }
`;

/** What control writes: prefixes as text, and as bits. */
export const GIVEN = {
  routes: [['10.0.0.0/8', 7, '0a000000', 8], ['10.0.0.0/30', 8, '0a000000', 30], ['192.168.1.1/32', 9, 'c0a80101', 32], ['128.0.0.0/1', 1, '80000000', 1]],
  sites: [
    ['10.0.0.0/8', 5, '00000000000000000000ffff0a000000', 104], ['fd00::/16', 6, 'fd000000000000000000000000000000', 16],
    ['fd00::1/128', 77, 'fd000000000000000000000000000001', 128], ['::/1', 2, '00000000000000000000000000000000', 1],
  ],
} as const;

/** Maps that control put into maps. */
export const GIVEN_MAPS = {
  rings: [[1, [10, 20, 30, 40]], [2, [5, 0, 0, 0]]],
  tables: [[[7, 70], [1, 0xffff_ffff]], []],
} as const;
