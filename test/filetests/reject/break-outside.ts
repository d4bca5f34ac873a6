// filetest: reject
import { drop, module } from 'iovisor/module';

export function f(): void {
  break; // error IOV5014@3: 'break'
}

export default module(() => drop('end'));
