// filetest: reject
import { drop, HashMap, module, u32 } from 'iovisor/module';

export function f(): void {
  const m = new HashMap<u32, u32>(4); // error IOV4001@13
}

export default module(() => drop('end'));
