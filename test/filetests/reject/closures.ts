// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function f(x: u32): u32 {
  const add = (y: u32) => x + y;
  const both = add; // error IOV5011@16
  return add(1) + add(2);
}

export default module(() => drop('end'));
