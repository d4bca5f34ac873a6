// filetest: reject
// A closure that calls itself.
import { drop, module, type u32 } from 'iovisor/module';

export function f(n: u32): u32 { const g = (x: u32): u32 => x > 0 ? g(x - 1) : 0; return g(n); } // error IOV5007@69: 'g' calls itself

export default module(() => drop('end'));
