// filetest: reject
// Leaving two loops at once.
import { drop, module, range, type u32 } from 'iovisor/module';

export function f(): u32 { outer: for (const i of range(8, 8)) for (const j of range(8, 8)) if (i === j) break outer; return 1; } // error IOV1009@28: A label is not in the module language

export default module(() => drop('end'));
