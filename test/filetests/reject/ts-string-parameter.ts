// filetest: reject
// Text as a parameter.
import { drop, module, type u32 } from 'iovisor/module';

export function f(reason: string): u32 { return 1; } // error IOV2003@27: 'string' is no type of the module language

export default module(() => drop('end'));
