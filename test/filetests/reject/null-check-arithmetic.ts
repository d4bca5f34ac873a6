// filetest: reject
// Arithmetic with what may be undefined.
import { Eth, HashMap, Mac, drop, module, type u16, type u32 } from 'iovisor/module';

export const ports = new HashMap<Mac, u16>(16);
export function f(eth: Eth): u32 { return ports.get(eth.dst) + 1; } // error IOV2009@43: 'ports.get(eth.dst)' may be undefined

export default module(() => drop('end'));
