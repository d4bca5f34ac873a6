// filetest: reject
// A case that the value can never be.
import { drop, module, type u32, type u8 } from 'iovisor/module';

export function f(kind: u8): u32 { switch (kind) { case 300: return 1; default: return 0; } } // error IOV2005@57: 300 is not in the range of u8

export default module(() => drop('end'));
