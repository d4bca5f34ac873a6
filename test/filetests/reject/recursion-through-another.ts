// filetest: reject
// Two functions that call each other.
import { drop, module, type u32 } from 'iovisor/module';

export function even(n: u32): boolean { return n === 0 || odd(n - 1); }
function odd(n: u32): boolean { return n !== 0 && even(n - 1); } // error IOV5007@51: 'even' calls itself

export default module(() => drop('end'));
