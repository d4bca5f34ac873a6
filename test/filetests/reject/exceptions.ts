// filetest: reject
import { drop, module } from 'iovisor/module';

export function f(): void {
  try { f2(); } catch { } // error IOV1009@3: An exception
}
function f2(): void { throw 1; } // error IOV1009@23: An exception

export default module(() => drop('end'));
