// filetest: reject
// The view of the round before.
import { Eth, Ipv4, drop, module, u8, type Packet, type u32 } from 'iovisor/module';

export function f(pkt: Packet): u8 {
  const eth = pkt.at(Eth);
  const ip = pkt.at(Ipv4, 14);
  let sum: u32 = 0;
  for (let i = 0; i < 2; i++) {
    sum += ip.ttl; // error IOV3006@12: 'ip' is stale
    pkt.insert(eth, 4);
  }
  return u8(sum);
}

export default module(() => drop('end'));
