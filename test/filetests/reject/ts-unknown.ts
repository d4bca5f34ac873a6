// filetest: reject
// A parameter of an unknown type.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: unknown): u32 { return 1; } // error IOV2003@22: 'unknown' is no type of the module language

export default module(() => drop('end'));
