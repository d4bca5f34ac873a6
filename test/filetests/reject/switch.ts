// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function f(x: u32): u32 {
  let y: u32 = 0;
  switch (x) {
    case 1: y = 3; // error IOV5009@5
    case 2: y = 4; break;
    case 2: y = 5; break; // error IOV5010@10: 2
    case y: break; // error IOV2022@10
    default: y = 6;
  }
  return y;
}

export default module(() => drop('end'));
