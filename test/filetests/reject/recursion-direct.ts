// filetest: reject
// A function that calls itself.
import { drop, module, type u32 } from 'iovisor/module';

export function factorial(n: u32): u32 { return n < 2 ? 1 : n * factorial(n - 1); } // error IOV5007@65: 'factorial' calls itself

export default module(() => drop('end'));
