// filetest: reject
// The two sides of a choice have no type in common.
import { Eth, drop, module } from 'iovisor/module';

export function f(eth: Eth, first: boolean): boolean { const x = first ? eth.src : eth.type; return x === eth.type; } // error IOV2004@84: u16 where Mac is needed

export default module(() => drop('end'));
