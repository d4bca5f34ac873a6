// filetest: reject
// An index of 64 bits.
import { ArrayMap, drop, module, type u16, type u64 } from 'iovisor/module';

class Slot { port: u16 = 0 }
export const slots = new ArrayMap<Slot>(8);
export function f(at: u64): u16 { return slots.get(at)?.port ?? 0; } // error IOV2008@52: u64 and u32 are mixed

export default module(() => drop('end'));
