// filetest: reject
// One was tested, the other is used.
import { Eth, Ipv4, Ipv6, drop, module, type u8 } from 'iovisor/module';

export function f(eth: Eth): u8 { const a = eth.payload(Ipv4); const b = eth.payload(Ipv6); if (a) return b.ttl; return 0; } // error IOV2009@107: 'b' may be undefined

export default module(() => drop('end'));
