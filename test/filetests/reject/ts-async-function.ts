// filetest: reject
// A function that waits.
import { drop, module, type u32 } from 'iovisor/module';

export async function f(): u32 { return 1; } // error IOV1009@8: 'async' is not in the module language

export default module(() => drop('end'));
