// filetest: reject
// Stale after one of the cases.
import { Eth, Ipv4, drop, module, type Packet, type u8 } from 'iovisor/module';

export function f(pkt: Packet, kind: u8): u8 {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  if (!ip) return 0;
  switch (kind) {
    case 1: pkt.insert(eth, 4); break;
    case 2: break;
    default: return 1;
  }
  return ip.ttl; // error IOV3006@10: 'ip' is stale
}

export default module(() => drop('end'));
