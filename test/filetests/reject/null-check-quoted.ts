// filetest: reject
// Only errors quote a packet.
import { Icmp, drop, module, type u8 } from 'iovisor/module';

export function f(icmp: Icmp): u8 { return icmp.quoted.ttl; } // error IOV2009@44: 'icmp.quoted' may be undefined

export default module(() => drop('end'));
