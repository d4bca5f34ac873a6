// filetest: run
// Structs: keys with padding, spread, references into a map.
import { HashMap, drop, module, to, u16, type u16 as port, type u32, type u8 } from 'iovisor/module';

class Key { small: u8 = 0; wide: u32 = 0 }
class Seen { count: u32 = 0; last: port = 0 }

export const table = new HashMap<Key, Seen>(16);

export default module(pkt => {
  const base: Key = { small: 1, wide: 2 };
  const key: Key = { ...base, wide: pkt.port };
  const seen = table.get(key);
  if (!seen) {
    if (!table.set(key, { count: 1, last: 0 }, 'new')) return drop('full');
    return to(1000);
  }
  seen.count += 10;
  seen.last = pkt.port;
  const again = table.get({ small: 1, wide: pkt.port });
  if (again === undefined) return drop('gone');
  return to(u16(again.count + again.last));
});

// run: send(3, [data(20)], to(1000))
// run: send(3, [data(20)], to(14))
// run: send(3, [data(20)], to(24))
// run: send(4, [data(20)], to(1000))
