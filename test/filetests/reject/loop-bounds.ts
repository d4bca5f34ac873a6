// filetest: reject
import { drop, min, module, range, u32 } from 'iovisor/module';

export function f(n: u32): u32 {
  let sum: u32 = 0;
  for (const i of range(n, n)) sum += i; // error IOV5006@28: not a constant
  for (const i of range(n, 1_000_000)) sum += i; // error IOV5006@28
  for (let i = 0; i < n; i++) sum += i; // error IOV5006@3: it may run
  for (let i = 0; i < min(n, 16); i++) sum += i;
  for (let i = 0; i < 8; i += 2) sum += i;
  for (;;) { } // error IOV5006@3
  for (let i = 0; i < 8; i++) { i = 0; } // error IOV5013@31: 'i'
  for (let i = 8; i > 0; i--) sum += i; // error IOV5006@3
  return sum;
}

export default module(() => drop('end'));
