// filetest: reject
// A pattern of text.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { const r = /eth/; return 1; } // error IOV1009@38: A regular expression is not in the module language

export default module(() => drop('end'));
