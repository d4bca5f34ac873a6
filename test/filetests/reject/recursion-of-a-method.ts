// filetest: reject
// A method that calls itself through another.
import { drop, module, type u32 } from 'iovisor/module';

class Tree {
  left: u32 = 0;
  depth(): u32 { return this.left > 0 ? this.below() : 0; }
  below(): u32 { return this.depth() + 1; } // error IOV5007@25: 'Tree.depth' calls itself
}
export function f(t: Tree): u32 { return t.depth(); }

export default module(() => drop('end'));
