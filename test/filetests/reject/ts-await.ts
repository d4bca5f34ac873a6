// filetest: reject
// Waiting for a value.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): u32 { return await x; } // error IOV1001@41: Syntax error: `await` is only allowed within async functions and at th

export default module(() => drop('end'));
