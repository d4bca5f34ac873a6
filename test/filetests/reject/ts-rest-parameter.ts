// filetest: reject
// As many as there are.
import { drop, module, type u32 } from 'iovisor/module';

export function f(...all: u32): u32 { return 1; } // error IOV1009@19: This kind of parameter is not in the module language

export default module(() => drop('end'));
