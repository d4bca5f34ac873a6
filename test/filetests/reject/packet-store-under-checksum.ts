// filetest: reject
// A plain store under a checksum.
import { Ipv4, drop, module } from 'iovisor/module';

export function f(ip: Ipv4): void { ip.src = ip.dst; } // error IOV3003@37: 'src' is under a checksum

export default module(() => drop('end'));
