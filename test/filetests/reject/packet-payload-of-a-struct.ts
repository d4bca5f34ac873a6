// filetest: reject
// A struct is no header.
import { Eth, drop, module, type u16 } from 'iovisor/module';

class Place { port: u16 = 0 }
export function f(eth: Eth): void { eth.payload(Place); } // error IOV3001@49: 'Place' is not a header class

export default module(() => drop('end'));
