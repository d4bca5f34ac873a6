// filetest: verify
// Words of the frame that are written in parts, in each of 44 rounds: they lived on from way to way, and the verifier gave up. Found by the fuzzer.
import { Eth, ExpiringMap, Header, Ip, filter, i64, next, range, u32, u8, type be16, type i32 } from 'iovisor/module';
class Probe extends Header { kind: u8 = 0; debt: i32 = 0 }
class Pair { left: u32 = 0; right: be16 = 0; on: boolean = false; far: i64 = 0n }
export const ages = new ExpiringMap<u8, Pair>(512);
export default filter({ egress(pkt) {
  const eth = pkt.at(Eth);
  const p = pkt.at(Probe, 14);
  const ip = eth.payload(Ip);
  if (!ip) return next();
  for (let i = 0; i < 11; i++) {
    for (const _k of range(u32(ip.length), 4)) {
      if (ages.set(u8(p.debt) & 3, { left: 0, right: 7, on: u32(ip.ttl) < i, far: i64(ip.fragmentId) }, 500, 'exists')) continue;
    }
  }
  return next();
} });
