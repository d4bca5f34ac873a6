// filetest: reject
// A view as a key.
import { HashMap, Ipv4, drop, module, type u32 } from 'iovisor/module';

export const seen = new HashMap<u32, u32>(16);
export function f(ip: Ipv4): u32 { return seen.get(ip) ?? 0; } // error IOV2004@52: Ipv4 where u32 is needed

export default module(() => drop('end'));
