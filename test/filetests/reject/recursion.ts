// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function f(n: u32): u32 { return n > 0 ? f(n - 1) : 0; } // error IOV5007@49: calls itself
export function g(n: u32): u32 { return h(n); }
function h(n: u32): u32 { return g(n); } // error IOV5007@34

export default module(() => drop('end'));
