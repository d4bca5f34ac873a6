// filetest: reject
// An index that is not a constant.
import { config, drop, module, type u16, type u32 } from 'iovisor/module';

export const settings = config(class { sequence: [u16, u16] = [1, 2]; });
export function f(i: u32): boolean { return settings.sequence[i] > 3; } // error IOV2009@45: 'settings.sequence[i]' may be undefined

export default module(() => drop('end'));
