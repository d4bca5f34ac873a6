// filetest: reject
// An argument that may be undefined.
import { Eth, Ip, drop, module, type u8 } from 'iovisor/module';

function ttlOf(ip: Ip): u8 { return ip.ttl; }
export function f(eth: Eth): u8 { return ttlOf(eth.payload(Ip)); } // error IOV2009@48: 'eth.payload(Ip)' may be undefined

export default module(() => drop('end'));
