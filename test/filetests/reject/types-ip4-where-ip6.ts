// filetest: reject
// An IPv4 address where a table has IPv6 ones.
import { Ipv4, LpmTrie, drop, module, type Ip6, type u32 } from 'iovisor/module';

export const groups = new LpmTrie<Ip6, u32>(16);
export function f(ip: Ipv4): u32 { return groups.get(ip.src) ?? 0; } // error IOV2008@54: Ip4 and Ip6 are mixed

export default module(() => drop('end'));
