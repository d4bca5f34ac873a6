// filetest: reject
// A class of any type.
import { drop, module, type u32 } from 'iovisor/module';

class Box<T> { value: u32 = 0 } // error IOV1009@1: A generic class is not in the module language

export default module(() => drop('end'));
