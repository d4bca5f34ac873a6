// filetest: reject
import { drop, module, u32, u8 } from 'iovisor/module';

export function f(x: u32 | undefined): u32 { return x!; } // error IOV1009@53: The assertion '!'
export function g(x: u32): u8 { return x as u8; } // error IOV1009@40: A type assertion

export default module(() => drop('end'));
