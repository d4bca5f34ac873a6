// filetest: reject
// Stale if the branch was taken.
import { Eth, Ipv4, drop, module, type Packet, type u8 } from 'iovisor/module';

export function f(pkt: Packet, tag: boolean): u8 {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  if (!ip) return 0;
  if (tag) pkt.insert(eth, 4);
  return ip.ttl; // error IOV3006@10: 'ip' is stale
}

export default module(() => drop('end'));
