// filetest: reject
// A parameter that is taken apart.
import { drop, module, type u32 } from 'iovisor/module';

class Seen { a: u32 = 0 }
export function f({ a }: Seen): u32 { return a; } // error IOV1009@19: This kind of parameter is not in the module language

export default module(() => drop('end'));
