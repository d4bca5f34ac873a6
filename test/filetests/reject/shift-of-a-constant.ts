// filetest: reject
// A constant of 32 bits, shifted out.
import { drop, module } from 'iovisor/module';

export const FLAG = 1 << 32; // error IOV2005@26: 32 is not in the range of a shift of 32 bits

export default module(() => drop('end'));
