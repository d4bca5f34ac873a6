// filetest: reject
// 64 bits into 32, by a conversion of the number kind only.
import { drop, module, type u32, type u64 } from 'iovisor/module';

export function f(at: u64): u32 { return at; } // error IOV2008@42: u64 and u32 are mixed

export default module(() => drop('end'));
