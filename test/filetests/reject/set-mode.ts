// filetest: reject
import { drop, HashMap, module, u32 } from 'iovisor/module';

const table = new HashMap<u32, u32>(16);
export function f(): boolean {
  if (!table.set(1, 2, 'new')) return false;
  return table.set(1, 2, 'old'); // error IOV2004@26
}

export default module(() => drop('end'));
