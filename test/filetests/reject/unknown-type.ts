// filetest: reject
import { drop, Mac, module, u8 } from 'iovisor/module';

export function f(x: number): number { return x; } // error IOV2003@22: 'number' // error IOV2003@31: 'number'
export function g(x: string): void { x; } // error IOV2003@22: 'string'
export function h(x: u8 | Mac): void { x; } // error IOV2003@22: 'u8 | Mac'

export default module(() => drop('end'));
