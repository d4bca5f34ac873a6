// filetest: reject
// A field in network order has no atomic operations.
import { HashMap, drop, module, type be32, type u32 } from 'iovisor/module';

class Seen { id: be32 = 0 }
export const all = new HashMap<u32, Seen>(8);
export function f(): void { const seen = all.get(1); if (seen) seen.id += 1; } // warning IOV4010@64: '+=' is not atomic on be32

export default module(() => drop('end'));
