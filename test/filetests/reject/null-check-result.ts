// filetest: reject
// The result may be undefined, and says that it is not.
import { Eth, HashMap, Mac, drop, module, type u16 } from 'iovisor/module';

export const ports = new HashMap<Mac, u16>(16);
export function f(eth: Eth): u16 { return ports.get(eth.dst); } // error IOV2009@43: 'ports.get(eth.dst)' may be undefined

export default module(() => drop('end'));
