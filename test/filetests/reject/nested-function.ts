// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function f(): u32 {
  function g(): u32 { return 1; } // error IOV1009@3: A function declared in a function
  return 2;
}

export default module(() => drop('end'));
