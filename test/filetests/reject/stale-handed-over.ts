// filetest: reject
// A stale view handed to a function.
import { Eth, Ipv4, drop, module, type Packet, type u8 } from 'iovisor/module';

function ttlOf(ip: Ipv4): u8 { return ip.ttl; }
export function f(pkt: Packet): u8 {
  const eth = pkt.at(Eth);
  const ip = pkt.at(Ipv4, 14);
  pkt.insert(eth, 4);
  return ttlOf(ip); // error IOV3006@16: 'ip' is stale
}

export default module(() => drop('end'));
