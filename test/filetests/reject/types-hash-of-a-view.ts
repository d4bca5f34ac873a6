// filetest: reject
// What is hashed lies in memory as a whole.
import { Eth, drop, hash, module, type u32 } from 'iovisor/module';

export function f(eth: Eth): u32 { return hash(0, eth); } // error IOV2010@51: 'hash' does not work on Eth

export default module(() => drop('end'));
