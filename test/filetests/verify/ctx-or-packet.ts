// filetest: verify
// Found by npm run fuzz -- compiler --seed 721854.
import { ArrayMap, Eth, HashMap, Header, config, flood, i32, max, module, to, u128, u16, u32, u64, u8, type be16, type be32 } from 'iovisor/module';

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
  words.delete({ a: u32(u32(u32(128) << 24) & 3), b: u8(u8(u8(p.seq) + p.flags) & 1) });
  const v3: u8 = max(u8(i32(p.mark) !== settings.debt), u8(u8(31) / u8(p.mark)));
  numbers.delete(u32(u32(p.debt) ^ u32(7)));
  let v4: u16 = u16(~u16(u128(settings.on)));
  let v5: u128 = u128(i32(settings.small));
  const e6 = cells.get(settings.n % 3);
  if (e6) {
    p.id = u16(numbers.get(u32(u32(p.kind) * u32(32768))) ?? u32(2147483647));
    if (numbers.get(u32(settings.on)) === undefined) return flood();
    e6.word = u32((u32(p.debt) < p.seq ? e6.count : u32(pkt.length)) / u32(p.kind));
    const e7 = cells.get(u32(p.kind));
    if (e7) {
    }
  }
  let all: u32 = 0;
  all = u32(all * 31) ^ u32(v3);
  all = u32(all * 31) ^ u32(v4);
  all = u32(all * 31) ^ u32(v5 ^ (v5 >> 32n));
  p.seq = all;
  return to(u16(all));
});

