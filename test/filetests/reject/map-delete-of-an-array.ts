// filetest: reject
// An array has all its entries always.
import { ArrayMap, drop, module, type u32 } from 'iovisor/module';

export const slots = new ArrayMap<u32>(16);
export function f(): void { slots.delete(3); } // error IOV2013@35: 'slots' has no 'delete'

export default module(() => drop('end'));
