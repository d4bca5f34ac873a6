// filetest: reject
import { drop, Mac, module, u32 } from 'iovisor/module';

export function f(a: Mac, b: Mac): boolean { return a < b; } // error IOV2010@53: '<' does not work on Mac
export function g(a: Mac): u32 { return a + 1; } // error IOV2010@41: '+'
export function h(a: Mac, b: Mac): boolean { return a === b; }

export default module(() => drop('end'));
