// filetest: reject
import { HashMap, drop, module, type u16, type u32 } from 'iovisor/module';

class Tally {
  packets: u32 = 0;
  get mean(): u32 { return this.packets / 2; }
  add(n: u32): void { this.packets += n; }
  wrong(): u16 { return this.packets; } // error IOV2006@25
  loop(): u32 { return this.loop(); } // error IOV5007@24
}
class Odd {
  packets: u32 = 0;
  set half(n: u32) { this.packets = n * 2; } // error IOV1009@3: A setter
  static zero(): u32 { return 0; } // error IOV1009@3: A static member
  constructor() { this.packets = 1; } // error IOV1009@3: A constructor
}
class Plain {
  packets: u32 = 0;
  get mean(): u32 { return this.packets / 2; }
  add(n: u32): void { this.packets += n; }
}
export const all = new HashMap<u32, Plain>(4);

export function f(t: Plain): u32 {
  all.set(1, { packets: 1 }); // error IOV2031@14: Plain has methods
  t.mean = 3; // error IOV2017@3
  const g = t.add; // error IOV5011@13
  t.mean(); // error IOV2010@3: the getter 'mean'
  t.ad(1); // error IOV2013@5: no 'ad'
  return new Plain(1).packets + this.packets; // error IOV2014@10 // error IOV1009@33: 'this' here
}

export default module(() => drop('end'));
