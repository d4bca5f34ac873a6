// filetest: reject
// A class that implements an interface.
import { drop, module, type u32 } from 'iovisor/module';

interface Counted { count: u32 } // error IOV1009@1: 'interface' is not in the module language
class Seen implements Counted { count: u32 = 0 }

export default module(() => drop('end'));
