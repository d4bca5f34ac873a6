// filetest: reject
// A class that cannot be.
import { drop, module, type u32 } from 'iovisor/module';

abstract class Base { a: u32 = 0 } // error IOV1009@1: An abstract class is not in the module language

export default module(() => drop('end'));
