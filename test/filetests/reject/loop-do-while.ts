// filetest: reject
// A loop without a bound, tested at its end.
import { drop, module, type u32 } from 'iovisor/module';

export function f(n: u32): u32 { let i: u32 = n; do { i--; } while (i > 0); return i; } // error IOV5005@50: 'do … while' has no bound

export default module(() => drop('end'));
