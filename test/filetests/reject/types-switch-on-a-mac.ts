// filetest: reject
// A switch is on integers.
import { Eth, drop, module, type u32 } from 'iovisor/module';

export function f(eth: Eth): u32 { switch (eth.src) { case eth.dst: return 1; default: return 0; } } // error IOV2010@44: 'switch' does not work on Mac

export default module(() => drop('end'));
