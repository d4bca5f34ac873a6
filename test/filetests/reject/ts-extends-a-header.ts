// filetest: reject
// A header that extends a header of the library.
import { Tcp, drop, module, type u32 } from 'iovisor/module';

class MyTcp extends Tcp { extra: u32 = 0 } // error IOV1009@21: Extending this class is not in the module language

export default module(() => drop('end'));
