// filetest: verify
// Found by npm run fuzz -- compiler --seed 707398.
import { ArrayMap, Eth, HashMap, Header, config, i32, module, to, u16, u32, u64, u8, type be16, type be32 } from 'iovisor/module';

class Probe extends Header { kind: u8 = 0; flags: u8 = 0; id: be16 = 0; seq: be32 = 0; little: u32 = 0; stamp: u64 = 0n; mark: u16 = 0; debt: i32 = 0 }
class Key { a: u32 = 0; b: u8 = 0 }
class Entry { count: u32 = 0; total: u64 = 0n; tag: u16 = 0; open: boolean = false; word: be32 = 0; debt: i32 = 0; wide: u64 = 0n; list: [u8, u8, u8, u8] = [0, 0, 0, 0] }

export const numbers = new HashMap<u32, u32>(3);
export const words = new HashMap<Key, u64>(4);
export const entries = new HashMap<Key, Entry>(4);
export const cells = new ArrayMap<Entry>(3);
export const settings = config(class { n: u32 = 7; zero: u32 = 0; big: u64 = 0xffff_ffff_ffff_fff0n; small: u8 = 200; debt: i32 = -5; on: boolean = true; most: u16 = 0xffff; table: [u16, u16, u16] = [9, 500, 65535] });

export default module(pkt => {
  pkt.at(Eth);
  const p = pkt.at(Probe, 14);
  const e0 = entries.get({ a: u32(u32(u32(0) < u32(p.kind)) & 3), b: u8((u32(0) < u32(p.kind) ? u8(settings.n) : u8(pkt.length)) & 1) });
  if (e0) {
  }
  if (e0 === undefined) entries.set({ a: u32(u32(p.kind) & 3), b: u8(u8(u8(0) / p.kind) & 1) }, { count: u32(-u32(p.kind)), total: u64(cells.get(u32(p.kind) & 1)?.count ?? u32(0)), tag: u16(0), open: settings.on, word: u32(0), debt: i32(0), wide: u64(0n), list: [u8(0), 2, u8(0), 4] });
  let all: u32 = 0;
  p.seq = all;
  return to(u16(all));
});

