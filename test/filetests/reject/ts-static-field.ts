// filetest: reject
// A field of the class itself is a variable of the module.
import { drop, module, type u32 } from 'iovisor/module';

class Box { static count: u32 = 0; value: u32 = 0 } // error IOV1009@13: A static member is not in the module language

export default module(() => drop('end'));
