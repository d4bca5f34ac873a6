// filetest: reject
// An IPv6 address is a bigint.
import { Ip, drop, module } from 'iovisor/module';

export function f(ip: Ip): boolean { return ip.src6 === 0; } // error IOV2008@45: Ip6 and u32 are mixed

export default module(() => drop('end'));
