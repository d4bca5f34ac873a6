// filetest: reject
// A field that is a function.
import { drop, module, type u32 } from 'iovisor/module';

class Handler { call: (x: u32) => u32 = x => x } // error IOV2003@23: '(x: u32) => u32' is no type of the module language

export default module(() => drop('end'));
