// filetest: reject
// A closure in a struct.
import { drop, module, type u32 } from 'iovisor/module';

class Handler { call: u32 = 0 }
export const handler: Handler = { call: () => 1 }; // error IOV5011@41: A function is not a value here

export default module(() => drop('end'));
