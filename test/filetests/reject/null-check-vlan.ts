// filetest: reject
// An untagged frame has no identifier.
import { drop, module, type Packet, type u16 } from 'iovisor/module';

export function f(pkt: Packet): u16 { return pkt.vlan; } // error IOV2009@46: 'pkt.vlan' may be undefined

export default module(() => drop('end'));
