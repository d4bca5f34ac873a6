// filetest: reject
// A parameter of any type.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: any): u32 { return x; } // error IOV2003@22: 'any' is no type of the module language

export default module(() => drop('end'));
