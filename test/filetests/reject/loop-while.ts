// filetest: reject
// A loop without a bound.
import { drop, module, type u32 } from 'iovisor/module';

export function f(n: u32): u32 { let i: u32 = n; while (i > 0) i--; return i; } // error IOV5005@50: 'while' has no bound

export default module(() => drop('end'));
