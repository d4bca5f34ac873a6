// filetest: run
// Generic functions, made anew for each list of types: values, structs, headers, maps, what may be undefined.
import { Eth, HashMap, Ip, Ipv4, LruHashMap, Mac, drop, module, to, u16, type Header, type Packet, type u32, type u64, type u8 } from 'iovisor/module';

class Seen { count: u32 = 0 }
class Place { port: u16 = 0; count: u32 = 0 }
export const byMac = new HashMap<Mac, Seen>(16);
export const byPort = new HashMap<u16, Place>(16);
export const recent = new LruHashMap<u16, u16>(16);

function same<T>(x: T): T { return x; }
function pick<T>(first: boolean, a: T, b: T): T { return first ? a : b; }
function orElse<T>(value: T | undefined, otherwise: T): T { return value ?? otherwise; }
function largest<T extends u32>(a: T, b: T): T { return a > b ? a : b; }
function bump<V extends { count: u32 }>(value: V): u32 {
  value.count += 1;
  return value.count;
}
function lookUp<K, V>(map: HashMap<K, V>, key: K): V | undefined { return map.get(key); }
function room<H extends Header>(pkt: Packet, header: H): u32 { return pkt.length - header.offset; }
const twice = <T>(x: T): T => same(same(x));

export default module(pkt => {
  const eth = pkt.at(Eth);
  const pair = pick<[u8, u8]>(pkt.port === 1, [1, 2], [3, 4]);
  const seen = lookUp(byMac, eth.src);
  const place = lookUp(byPort, pkt.port);
  const local = <T>(x: T): T => pick(pkt.port === 1, x, twice(x));
  const count = seen ? bump(seen) : 0;
  const other = place ? bump(place) : 0;
  const wide: u64 = same(5n);
  const ip = eth.payload(Ip);
  const rest = ip && ip instanceof Ipv4 ? room(pkt, ip) : room(pkt, eth);
  if (!recent.set(pkt.port, 1)) return drop('full');
  return to(u16(largest(count, 1) * 10_000 + other * 1000 + pair[0] * 100 + orElse(place?.port, local<u16>(7)) * 10 + u16(wide) + rest));
});

// given: { byMac: [['02:00:00:00:00:01', { count: 1 }]], byPort: [[2, { port: 4, count: 2 }]] }
// run: send(1, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01', type: 0x0700 }), data(20)], to(20209))
// run: send(2, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01', type: 0x0700 }), data(20)], to(33379))
// run: send(3, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data(12)], to(10415))
