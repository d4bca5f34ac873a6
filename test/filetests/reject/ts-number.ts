// filetest: reject
// A plain number has no width.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: number): u32 { return 1; } // error IOV2003@22: 'number' is no type of the module language

export default module(() => drop('end'));
