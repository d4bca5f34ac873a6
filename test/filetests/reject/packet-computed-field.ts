// filetest: reject
// A field that is computed.
import { Ipv4, drop, module } from 'iovisor/module';

export function f(ip: Ipv4): void { ip.isFragment = true; } // error IOV3004@37: 'isFragment' is read-only

export default module(() => drop('end'));
