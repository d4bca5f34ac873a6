// filetest: reject
// The upper half would be lost.
import { Ip, drop, module, type u64 } from 'iovisor/module';

export function f(ip: Ip): u64 { return ip.src6; } // error IOV2006@41: Ip6 may not fit u64

export default module(() => drop('end'));
