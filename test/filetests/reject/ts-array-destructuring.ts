// filetest: reject
// A tuple that is taken apart.
import { config, drop, module, type u16, type u32 } from 'iovisor/module';

export const settings = config(class { sequence: [u16, u16] = [1, 2]; });
export function f(): u32 { const [a, b] = settings.sequence; return a; } // error IOV1009@34: This pattern is not in the module language

export default module(() => drop('end'));
