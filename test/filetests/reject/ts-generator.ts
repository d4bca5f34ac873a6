// filetest: reject
// A function that yields.
import { drop, module, type u32 } from 'iovisor/module';

export function* f(): u32 { yield 1; } // error IOV1009@8: 'function*' is not in the module language

export default module(() => drop('end'));
