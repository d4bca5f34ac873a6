// filetest: reject
// A constant that was swapped by hand is out of place: EtherType is 0x0800 as written.
import { Eth, drop, module } from 'iovisor/module';

export function f(eth: Eth): boolean { return eth.type === 0x0008_0000; } // error IOV2005@60: 524288 is not in the range of u16

export default module(() => drop('end'));
