// filetest: reject
// A tuple with too few elements.
import { config, drop, module, type u16 } from 'iovisor/module';

export const settings = config(class { sequence: [u16, u16, u16] = [1, 2]; }); // error IOV2014@68: '[u16, u16, u16]' takes 3 elements, not 2

export default module(() => drop('end'));
