// filetest: reject
// A function that hands itself over.
import { drop, module, type u32 } from 'iovisor/module';

function apply(f: (x: u32) => u32, x: u32): u32 { return f(x); } // error IOV5007@58: 'again' calls itself
export function again(x: u32): u32 { return apply(again, x); }

export default module(() => drop('end'));
