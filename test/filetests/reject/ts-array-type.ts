// filetest: reject
// A list of any length.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32[]): u32 { return 1; } // error IOV2003@22: 'u32[]' is no type of the module language

export default module(() => drop('end'));
