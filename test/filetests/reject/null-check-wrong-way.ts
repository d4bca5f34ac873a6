// filetest: reject
// The test says that it is not there.
import { Eth, Ipv4, drop, module, type u8 } from 'iovisor/module';

export function f(eth: Eth): u8 { const ip = eth.payload(Ipv4); if (ip) return 0; return ip.ttl; } // error IOV2009@90: 'ip' may be undefined

export default module(() => drop('end'));
