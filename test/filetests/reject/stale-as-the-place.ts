// filetest: reject
// Bytes inserted behind a stale view.
import { Eth, Ipv4, drop, module, type Packet } from 'iovisor/module';

export function f(pkt: Packet): void {
  const eth = pkt.at(Eth);
  const ip = pkt.at(Ipv4, 14);
  pkt.insert(eth, 4);
  pkt.insert(ip, 4); // error IOV3006@14: 'ip' is stale
}

export default module(() => drop('end'));
