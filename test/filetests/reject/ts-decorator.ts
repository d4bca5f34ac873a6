// filetest: reject
// A decorator.
import { drop, module, type u32 } from 'iovisor/module';

@sealed class Seen { a: u32 = 0 } // error IOV1009@1: A decorator is not in the module language

export default module(() => drop('end'));
