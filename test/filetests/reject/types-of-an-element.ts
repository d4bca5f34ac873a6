// filetest: reject
// An element that does not fit.
import { config, drop, module, type u8 } from 'iovisor/module';

export const settings = config(class { sequence: [u8, u8] = [1, 256]; }); // error IOV2005@65: 256 is not in the range of u8

export default module(() => drop('end'));
