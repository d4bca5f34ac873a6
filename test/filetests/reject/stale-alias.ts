// filetest: reject
// Another name for the same view.
import { Eth, Ipv4, drop, module, type Packet, type u8 } from 'iovisor/module';

export function f(pkt: Packet): u8 {
  const eth = pkt.at(Eth);
  const ip = pkt.at(Ipv4, 14);
  const same = ip;
  pkt.insert(eth, 4);
  return same.ttl; // error IOV3006@10: 'same' is stale
}

export default module(() => drop('end'));
