// filetest: reject
// Not a number.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): boolean { return x === NaN; } // error IOV1010@51: A number with a fraction

export default module(() => drop('end'));
