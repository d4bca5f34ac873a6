// filetest: reject
// An index is a number.
import { Eth, config, drop, module, type u16 } from 'iovisor/module';

export const settings = config(class { sequence: [u16, u16] = [1, 2]; });
export function f(eth: Eth): u16 { return settings.sequence[eth.src] ?? 0; } // error IOV2004@61: Mac where u32 is needed

export default module(() => drop('end'));
