// filetest: reject
// A closure that escapes by being returned.
import { drop, module, type u32 } from 'iovisor/module';

export function adder(x: u32) { return (y: u32): u32 => x + y; } // error IOV5011@40: A function is not a value here

export default module(() => drop('end'));
