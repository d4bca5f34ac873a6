// filetest: reject
// A closure that is one of two.
import { drop, module, type u32 } from 'iovisor/module';

export function f(first: boolean): u32 { const a = (): u32 => 1; const b = (): u32 => 2; const c = first ? a : b; return c(); } // error IOV5011@108: A function is not a value here // error IOV5011@112: A function is not a value here

export default module(() => drop('end'));
