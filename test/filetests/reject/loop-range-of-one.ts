// filetest: reject
// range needs its bound.
import { drop, module, range, type u32 } from 'iovisor/module';

export function f(n: u32): u32 { let sum: u32 = 0; for (const i of range(n)) sum += i; return sum; } // error IOV2014@68: 'range' takes 2 arguments, not 1

export default module(() => drop('end'));
