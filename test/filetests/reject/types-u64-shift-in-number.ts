// filetest: reject
// 1 << 40 has no bit left in 32.
import { drop, module, type u32 } from 'iovisor/module';

export const mask: u32 = 1 << 40; // error IOV2005@31: 40 is not in the range of a shift of 32 bits

export default module(() => drop('end'));
