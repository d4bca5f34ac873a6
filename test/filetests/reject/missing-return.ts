// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function f(x: u32): u32 { // error IOV5001@17
  if (x > 3) return 1;
}
export function g(x: u32): u32 | undefined { if (x > 3) return 1; }
export default module(pkt => {
  if (pkt.port === 1) return drop('one');
}); // error IOV5001@1
