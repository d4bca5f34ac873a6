// filetest: reject
// After `?.` the rest may be undefined too.
import { Eth, Ipv4, Tcp, drop, module } from 'iovisor/module';

export function f(eth: Eth): boolean { const port = eth.payload(Ipv4)?.payload(Tcp)?.dstPort; return port < 1024; } // error IOV2009@102: 'port' may be undefined

export default module(() => drop('end'));
