// filetest: reject
// Compared before it is known to be there.
import { Eth, Ipv4, drop, module } from 'iovisor/module';

export function f(eth: Eth): boolean { const ip = eth.payload(Ipv4); return ip.ttl > 1; } // error IOV2009@77: 'ip' may be undefined

export default module(() => drop('end'));
