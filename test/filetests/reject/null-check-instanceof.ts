// filetest: reject
// Behind a test of what it is, on the side where it is nothing of the kind.
import { Eth, Ip, Ipv4, drop, module, type u8 } from 'iovisor/module';

export function f(eth: Eth): u8 { const ip = eth.payload(Ip); return ip instanceof Ipv4 ? 0 : ip.ttl; } // error IOV2009@95: 'ip' may be undefined

export default module(() => drop('end'));
