// filetest: reject
// No condition.
import { drop, module } from 'iovisor/module';

export function f(): void { for (;;) { break; } } // error IOV5006@29: The loop has no proven bound: it starts otherwise than `let i = …`

export default module(() => drop('end'));
