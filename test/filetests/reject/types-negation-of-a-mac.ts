// filetest: reject
// Bits of a hardware address.
import { Eth, drop, module } from 'iovisor/module';

export function f(eth: Eth): boolean { return ~eth.src === eth.dst; } // error IOV2010@47: '~' does not work on Mac

export default module(() => drop('end'));
