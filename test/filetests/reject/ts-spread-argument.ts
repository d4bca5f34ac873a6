// filetest: reject
// A tuple spread over parameters.
import { drop, module, type u32 } from 'iovisor/module';

function sum(a: u32, b: u32): u32 { return a + b; }
export function f(all: [u32, u32]): u32 { return sum(...all); } // error IOV1009@54: '…' in a call is not in the module language

export default module(() => drop('end'));
