// filetest: reject
// An atomic on a field in network order.
import { HashMap, drop, fetchAdd, module, type be32, type u32 } from 'iovisor/module';

class Seen { id: be32 = 0 }
export const all = new HashMap<u32, Seen>(8);
export function f(): u32 { const seen = all.get(1); return seen ? fetchAdd(seen, 'id', 1) : 0; } // warning IOV4010@82: 'fetchAdd' is not atomic on be32

export default module(() => drop('end'));
