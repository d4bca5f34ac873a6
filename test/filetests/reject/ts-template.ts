// filetest: reject
// Text with values in it.
import { drop, module, port, type u32 } from 'iovisor/module';

export function f(x: u32): u32 { const t = `port ${x}`; return 1; } // error IOV1011@44: Text is not a value

export default module(() => drop('end'));
