// filetest: reject
// A u32 assigned to a u64.
import { HashMap, drop, module, type u32, type u64 } from 'iovisor/module';

class Seen { at: u64 = 0n }
export const seen = new HashMap<u32, Seen>(8);
export function f(length: u32): void { const s = seen.get(1); if (s) s.at = length; } // error IOV2008@77: u32 and u64 are mixed

export default module(() => drop('end'));
