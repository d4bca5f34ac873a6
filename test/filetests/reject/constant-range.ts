// filetest: reject
import { drop, module, u16, u8 } from 'iovisor/module';

export const a: u8 = 300; // error IOV2005@22: 300 is not in the range of u8
export const b: u16 = -1; // error IOV2005@23
export function f(x: u8): boolean { return x === 256; } // error IOV2005@50: 256
export const c = 0x1_0000_0000_0; // error IOV2005@18

export default module(() => drop('end'));
