// filetest: reject
// A number with an exponent.
import { drop, module, type u32 } from 'iovisor/module';

export const big: u32 = 1.5e6; // error IOV1010@25: A number with a fraction

export default module(() => drop('end'));
