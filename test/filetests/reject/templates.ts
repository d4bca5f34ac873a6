// filetest: reject
// Generic functions and functions as arguments that are not right.
import { drop, module, type u16, type u32, type u64 } from 'iovisor/module';

class Pair { a: u32 = 0; b: u16 = 0 }
class Other { a: u32 = 0 }
function same<T>(x: T): T { return x; }
function none<T>(): T | undefined { return undefined; }
function small<T extends u16>(x: T): T { return x; }
function counted<T extends { b: u16 }>(x: T): u16 { return x.b; }
function sum<T>(x: T): T { return x + 1; } // error IOV2010@35: '+' does not work on Pair
function apply(f: (x: u32) => u32): u32 { return f(1); }
function again(f: (x: u32) => u32): u32 { return again(f); } // error IOV5007@50: 'again' calls itself
function kept(f: (x: u32) => u32): u32 { const g = f; return g(1); } // error IOV5011@52
function loop<T>(x: T): T { return loop(x); } // error IOV5007@36

export function a(x: u32, w: u64, pair: Pair, other: Other): u32 {
  none(); // error IOV2032@3: The type 'T' cannot be told
  small(x); // error IOV2004@3: u32 where what 'T' of 'small' extends
  counted(pair);
  counted(other); // error IOV2004@3: Other where
  sum(pair);
  same<u32, u32>(x); // error IOV2014@13
  same<u64>(x); // error IOV2008@13
  apply(y => w); // error IOV2008@14
  apply((y, z) => y); // error IOV2014@9: takes 1 parameter
  apply(x); // error IOV2004@9: This where a function
  apply(same); // error IOV2004@9: A generic function
  apply((y: u64) => x); // error IOV2004@11
  again(y => y);
  kept(y => y);
  return loop(x);
}

export default module(() => drop('end'));
