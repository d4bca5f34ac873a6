// filetest: reject
import { drop, module, u16, u32, type i32 } from 'iovisor/module';

export function f(signed: i32): u32 { return signed; } // error IOV2007@46: i32 to u32
export function g(wide: u32): i32 { return wide; } // error IOV2007@44
export function h(small: u16): i32 { return small; }
export function i(signed: i32, wide: u32): boolean { return signed < wide; } // error IOV2007@61

export default module(() => drop('end'));
