// filetest: reject
// A plain bigint has no width either.
import { drop, module, type u64 } from 'iovisor/module';

export function f(x: bigint): u64 { return 1n; } // error IOV2003@22: 'bigint' is no type of the module language

export default module(() => drop('end'));
