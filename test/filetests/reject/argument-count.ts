// filetest: reject
import { drop, module, seconds, u32, u8 } from 'iovisor/module';

export function two(a: u8, b: u8): u8 { return a > b ? a : b; }
export function f(): u8 { return two(1); } // error IOV2014@34: takes 2 arguments, not 1
export function g(): u32 { return seconds(1); } // error IOV2014@35

export default module(() => drop('end'));
