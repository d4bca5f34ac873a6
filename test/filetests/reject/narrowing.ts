// filetest: reject
import { drop, min, module, u16, u32, u8 } from 'iovisor/module';

export function f(wide: u32): u16 { return wide; } // error IOV2006@44: u32 may not fit u16
export function g(wide: u32): u16 { return wide + 1; } // error IOV2006@44
export function h(small: u8): u8 { return small + 1; } // error IOV2006@43
export function i(small: u8): u16 { return small + 1; }
export function j(wide: u32): u8 { return wide & 0x7f; }
export function k(wide: u32): u8 { return min(wide, 200); } // error IOV2011@43: u32 where u8
export function l(wide: u32): u8 { return wide < 10 ? wide : 0; } // error IOV2011@43
export function m(wide: u32): u8 {
  if (wide > 254) return 0;
  return wide + 1;
}
export function q(wide: u32): u8 { return min(wide + 1, 200) - 1 & 0xff; }
export function n(wide: u32): u8 { return wide >> 24; }
export function o(wide: u32): u8 { return wide >> 23; } // error IOV2006@43
export function p(wide: u32): u8 { return wide % 256; }

export default module(() => drop('end'));
