// filetest: reject
// What was behind the removed bytes.
import { Eth, Ipv4, Vlan, drop, module, type Packet, type u16 } from 'iovisor/module';

export function f(pkt: Packet): u16 {
  const eth = pkt.at(Eth);
  const vlan = eth.payload(Vlan);
  const inner = pkt.at(Ipv4, 18);
  if (!vlan) return 0;
  pkt.remove(eth, 4);
  return inner.length; // error IOV3006@10: 'inner' is stale
}

export default module(() => drop('end'));
