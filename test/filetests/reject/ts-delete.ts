// filetest: reject
// Fields stay.
import { drop, module, type u32 } from 'iovisor/module';

class Seen { a: u32 = 0 }
export function f(s: Seen): void { delete s.a; } // error IOV1009@36: 'delete' is not in the module language

export default module(() => drop('end'));
