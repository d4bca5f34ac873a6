// filetest: reject
import { drop, Mac, module, u32 } from 'iovisor/module';

export const a: Mac = 0x0200_0001; // error IOV2004@23: where Mac
export const b: boolean = 1; // error IOV2004@27: u32 where boolean
export function f(x: boolean): u32 { return x; } // error IOV2004@45: boolean where u32

export default module(() => drop('end'));
