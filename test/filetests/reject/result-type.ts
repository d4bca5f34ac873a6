// filetest: reject
import { drop, module, type Mac, type u32 } from 'iovisor/module';

export function f(x: u32, who: Mac) { // error IOV5012@8
  if (x > 1) return who;
  return x;
}
function odd(x: u32) { return x > 0 ? even(x - 1) : false; }
function even(x: u32) { return x > 0 ? odd(x - 1) : true; } // error IOV5012@40
export function g(x: u32): boolean { return odd(x) || even(x); }

export default module(() => drop('end'));
