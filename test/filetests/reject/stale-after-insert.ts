// filetest: reject
// The header moved, the view did not.
import { Eth, Ipv4, drop, module, type Packet, type u8 } from 'iovisor/module';

export function f(pkt: Packet): u8 {
  const eth = pkt.at(Eth);
  const ip = pkt.at(Ipv4, 14);
  pkt.insert(eth, 4);
  return ip.ttl; // error IOV3006@10: 'ip' is stale
}

export default module(() => drop('end'));
