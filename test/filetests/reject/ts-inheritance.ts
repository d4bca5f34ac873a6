// filetest: reject
// A struct that extends another.
import { drop, module, type u32 } from 'iovisor/module';

class Base { a: u32 = 0 }
class Derived extends Base { b: u32 = 0 } // error IOV1009@23: Extending this class is not in the module language

export default module(() => drop('end'));
