// filetest: reject
import { drop, log, module, u32 } from 'iovisor/module';

const limit = 3;
export function f(x: u32): void {
  x = 1; // error IOV2017@3: 'x'
  limit = 4; // error IOV2017@3: 'limit'
  const y = x;
  y = 2; // error IOV2017@3: 'y'
  let z = x;
  z = 2;
  log`${z}`;
}

export default module(() => drop('end'));
