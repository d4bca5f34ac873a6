// filetest: reject
// A write through a stale view.
import { Eth, Ipv4, drop, module, type Packet } from 'iovisor/module';

export function f(pkt: Packet): void {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  if (!ip) return;
  pkt.insert(eth, 20);
  ip.rewrite({ ttl: 3 }); // error IOV3006@3: 'ip' is stale
}

export default module(() => drop('end'));
