// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function f(x: u32): u32 { return x / 0; } // error IOV2029@41
export const a = 1 % 0; // error IOV2029@18

export default module(() => drop('end'));
