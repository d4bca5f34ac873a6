// filetest: reject
// A constant of more than 32 bits without its n.
import { drop, module, type u64 } from 'iovisor/module';

export function f(x: u64): u64 { return x + 0x1_0000_0000; } // error IOV2005@45: 4294967296 is not in the range of u32

export default module(() => drop('end'));
