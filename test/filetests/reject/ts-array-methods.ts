// filetest: reject
// Methods of arrays.
import { config, drop, module, type u16, type u32 } from 'iovisor/module';

export const settings = config(class { sequence: [u16, u16] = [1, 2]; });
export function f(): u32 { return settings.sequence.map(x => x + 1)[0]; } // error IOV2013@53: [u16, u16] has no 'map'

export default module(() => drop('end'));
