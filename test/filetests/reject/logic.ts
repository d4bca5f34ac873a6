// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function f(a: u32, b: boolean): boolean { return a && b; } // error IOV2010@57: '&&'
export function g(a: u32, b: boolean): boolean { return a > 0 && b; }
export function h(a: u32): u32 { return a || 7; }

export default module(() => drop('end'));
