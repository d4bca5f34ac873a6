// filetest: reject
import { drop, module, u32, u64 } from 'iovisor/module';

export function f(wide: u32): u64 { return wide; } // error IOV2008@44
export function g(at: u64, wide: u32): u64 { return at + wide; } // error IOV2008@53
export function h(at: u64): u64 { return at + 1; } // error IOV2008@42
export function i(at: u64): u64 { return at + u64(1); }

export default module(() => drop('end'));
