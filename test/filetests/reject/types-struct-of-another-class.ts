// filetest: reject
// Two classes of equal fields are two types.
import { drop, module, type u16 } from 'iovisor/module';

class A { port: u16 = 0 }
class B { port: u16 = 0 }
function take(a: A): u16 { return a.port; }
export function f(b: B): u16 { return take(b); } // error IOV2004@44: B where A is needed

export default module(() => drop('end'));
