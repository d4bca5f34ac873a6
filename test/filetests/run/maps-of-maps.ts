// filetest: run
// Maps of maps: arrays and hashes by a key or an index, read and written, handed to functions, chosen of two.
import { ArrayMap, Eth, HashMap, drop, module, to, type Mac, type u16, type u32, type u64 } from 'iovisor/module';

class Place { street: u32 = 0; house: u16 = 0 }
class Seen { count: u32 = 0; bytes: u64 = 0n }

export const rings = new HashMap<Place, ArrayMap<u32>>(8, { inner: 5 });
export const tenants = new ArrayMap<HashMap<Mac, Seen>>(3, { inner: 2 });
const LENGTH = 2;
export const single = new ArrayMap<ArrayMap<u32>>(1, { inner: LENGTH });

export default module(pkt => {
  const eth = pkt.at(Eth);
  if (pkt.port < 10) {
    const ring = rings.get({ street: 7, house: pkt.port });
    return ring ? to(chosen(ring, pkt.length)) : drop('no-ring');
  }
  if (pkt.port < 20) {
    const seen = tenants.get(pkt.port - 10);
    if (!seen) return drop('no-tenant');
    const entry = seen.get(eth.src);
    if (!entry) return seen.set(eth.src, { count: 1, bytes: 2n }, 'new') ? to(1) : drop('full');
    entry.count += 1;
    if (entry.count === 4) return seen.delete(eth.src) ? drop('forgotten') : drop('gone');
    return to(entry.count & 0xff);
  }
  const two = pkt.port === 20 ? rings.get({ street: 1, house: 1 }) : rings.get({ street: 2, house: 2 });
  const value = two?.get(0) ?? single.get(0)?.get(1);
  return value === undefined ? drop('neither') : to(value & 0xffff);
});

function chosen(ring: ArrayMap<u32>, n: u32): u16 {
  return (ring.get(n % ring.length) ?? 99) & 0xffff;
}

// given: { rings: [[{ street: 7, house: 1 }, [10, 11, 12]], [{ street: 7, house: 2 }, [20, 21, 22, 23, 24]], [{ street: 1, house: 1 }, [77]]], tenants: [[], [['02:00:00:00:00:09', { count: 2, bytes: 0 }]]] }
// run: send(1, [data(20)], to(10))
// run: send(1, [data(21)], to(11))
// run: send(1, [data(23)], to(0))
// run: send(2, [data(24)], to(24))
// run: send(3, [data(24)], dropped('no-ring'))
// run: send(10, [data(20)], to(1))
// run: send(10, [data(20)], to(2))
// run: send(10, [data(20)], to(3))
// run: send(10, [data(20)], dropped('forgotten'))
// run: send(10, [data(20)], to(1))
// run: send(11, [data(20)], to(1))
// run: send(11, [eth({ src: '02:00:00:00:00:09', dst: '02:00:00:00:00:01' })], to(3))
// run: send(11, [eth({ src: '02:00:00:00:00:08', dst: '02:00:00:00:00:01' })], dropped('full'))
// run: send(12, [data(20)], dropped('no-tenant'))
// run: send(13, [data(20)], dropped('no-tenant'))
// run: send(20, [data(20)], to(77))
// run: send(21, [data(20)], dropped('neither'))
// run: { single: [[4, 5]] }
// run: send(21, [data(20)], to(5))
// run: { rings: [[{ street: 7, house: 1 }, [40]]] }
// run: send(1, [data(20)], to(40))
// run: send(1, [data(21)], to(0))
// run: send(2, [data(24)], to(24))
