// filetest: reject
import { drop, module, u8 } from 'iovisor/module';

const a = 1;
const a = 2; // error IOV2002@7: 'a' is declared twice
export function f(b: u8): u8 {
  const c = b;
  const c = b; // error IOV2002@9: 'c'
  return c;
}

export default module(() => drop('end'));
