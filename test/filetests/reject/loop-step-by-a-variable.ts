// filetest: reject
// The step is not known.
import { drop, module, type u32 } from 'iovisor/module';

export function f(n: u32): u32 { let sum: u32 = 0; for (let i = 0; i < 8; i += n) sum += i; return sum; } // error IOV5006@52: The loop has no proven bound: its step is not `i++`, or `i += 2` by a 

export default module(() => drop('end'));
