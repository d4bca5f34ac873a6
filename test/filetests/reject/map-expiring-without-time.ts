// filetest: reject
// For how long?
import { Eth, ExpiringMap, Mac, drop, module, type u16 } from 'iovisor/module';

class Place { port: u16 = 0 }
export const seen = new ExpiringMap<Mac, Place>(16);
export function f(eth: Eth): void { seen.set(eth.src, { port: 1 }); } // error IOV2014@37: 'set' takes 3 to 4 arguments, not 2

export default module(() => drop('end'));
