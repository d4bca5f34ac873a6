// filetest: reject
// The variable of a loop is a constant in each round.
import { drop, module, range } from 'iovisor/module';

export function f(): void { for (const i of range(8, 8)) i++; } // error IOV2017@58: 'i' cannot be assigned

export default module(() => drop('end'));
