// filetest: reject
// Nothing to rewrite.
import { Ipv4, drop, module } from 'iovisor/module';

export function f(ip: Ipv4): void { ip.rewrite({}); } // error IOV2014@48: 'rewrite' takes at least one field, not none

export default module(() => drop('end'));
