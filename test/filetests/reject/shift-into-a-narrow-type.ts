// filetest: reject
// The result needs more bits than its type has.
import { drop, module, type u8 } from 'iovisor/module';

export function f(x: u8): u8 { return x << 4; } // error IOV2006@39: u32 may not fit u8

export default module(() => drop('end'));
