// filetest: reject
// Text compared.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): boolean { return x === 'tcp'; } // error IOV1011@51: Text is not a value

export default module(() => drop('end'));
