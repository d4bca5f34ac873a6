// filetest: reject
// A variable of functions.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { let g: (x: u32) => u32 = x => x; return g(1); } // error IOV2003@35: '(x: u32) => u32' is no type of the module language

export default module(() => drop('end'));
