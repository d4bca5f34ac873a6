// filetest: reject
// The transport header behind it is stale too.
import { Eth, Ipv4, Tcp, drop, module, type Packet } from 'iovisor/module';

export function f(pkt: Packet): void {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  const tcp = ip?.payload(Tcp);
  if (!ip || !tcp) return;
  pkt.insert(ip, 4);
  ip.rewrite({ src: 1 }, tcp); // error IOV3006@26: 'tcp' is stale
}

export default module(() => drop('end'));
