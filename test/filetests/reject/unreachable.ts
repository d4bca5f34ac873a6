// filetest: reject
import { drop, log, module, u32 } from 'iovisor/module';

export function f(x: u32): u32 {
  return x;
  log`${x}`; // error IOV5002@3
}
export function g(x: u32): u32 {
  if (x > 1) return 1; else return 2;
  return 3; // error IOV5002@3
}

export default module(() => drop('end'));
