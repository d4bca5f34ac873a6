// filetest: reject
import { config, drop, module, u16, u32 } from 'iovisor/module';

const settings = config(class { sequence: [u16, u16, u16] = [1, 2, 3] });
export function f(): u16 { return settings.sequence[3]; } // error IOV2024@53: index 3
export function g(i: u32): u16 { return settings.sequence[i]; } // error IOV2009@41
export function h(i: u32): u16 { return settings.sequence[i] ?? 0; }
export function k(i: u32): u16 { return i < 3 ? settings.sequence[i] : 0; } // error IOV2009@41
export function l(): u16 {
  let sum: u16 = 0;
  for (let i = 0; i < 3; i++) sum += settings.sequence[i] ?? 0;
  return sum;
}
export function m(): u16 {
  let sum: u16 = 0;
  for (let i = 0; i < 4; i++) sum += settings.sequence[i]; // error IOV2009@38
  return sum;
}

export default module(() => drop('end'));
