// filetest: reject
// A private field.
import { drop, module, type u32 } from 'iovisor/module';

class Box { #value: u32 = 0 } // error IOV1009@13: This member of a class is not in the module language

export default module(() => drop('end'));
