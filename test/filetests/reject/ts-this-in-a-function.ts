// filetest: reject
// A plain function has no this.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { return this.count; } // error IOV1009@35: 'this' here is not in the module language

export default module(() => drop('end'));
