// filetest: reject
// The packet may carry something else.
import { Eth, Ipv4, drop, module, type u8 } from 'iovisor/module';

export function f(eth: Eth): u8 { return eth.payload(Ipv4).ttl; } // error IOV2009@42: 'eth.payload(Ipv4)' may be undefined

export default module(() => drop('end'));
