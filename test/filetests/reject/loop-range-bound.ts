// filetest: reject
// The bound of range is no constant.
import { drop, module, range, type u32 } from 'iovisor/module';

export function f(n: u32, most: u32): u32 { let sum: u32 = 0; for (const i of range(n, most)) sum += i; return sum; } // error IOV5006@88: The loop has no proven bound: `most` is not a constant

export default module(() => drop('end'));
