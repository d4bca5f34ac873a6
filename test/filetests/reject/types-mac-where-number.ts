// filetest: reject
// A hardware address is no number.
import { Eth, HashMap, drop, module, type u16, type u64 } from 'iovisor/module';

export const ports = new HashMap<u64, u16>(16);
export function f(eth: Eth): u16 { return ports.get(eth.src) ?? 0; } // error IOV2004@53: Mac where u64 is needed

export default module(() => drop('end'));
