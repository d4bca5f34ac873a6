// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function half(x: u32): u32 { return x * 0.5; } // error IOV1010@48
export const third = 1e3; // error IOV1010@22

export default module(() => drop('end'));
