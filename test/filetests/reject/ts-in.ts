// filetest: reject
// Fields are always there.
import { drop, module, type u32 } from 'iovisor/module';

class Seen { a: u32 = 0 }
export function f(s: Seen): boolean { return 'a' in s; } // error IOV1009@46: 'in' is not in the module language

export default module(() => drop('end'));
