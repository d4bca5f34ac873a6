// filetest: reject
// Ethernet has no checksum: a plain store will do.
import { Eth, drop, ipv4, module } from 'iovisor/module';

export function f(eth: Eth): void { eth.dst = ipv4('10.0.0.1'); } // error IOV2004@47: Ip4 where Mac is needed

export default module(() => drop('end'));
