// filetest: run
// Signed division and remainder cut off towards zero and take the signs of C; the smallest by -1 wraps. Complements have ones above.
import { config, drop, max, min, module, to, u16, type i32, type i64, type u128, type u64 } from 'iovisor/module';

export const settings = config(class { a: i32 = -7; b: i32 = 2; zero: i32 = 0; low: i32 = -0x8000_0000; wide: i64 = -7n; by: i64 = -2n; all: u128 = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_ffffn; some: u64 = 0xffn; three: u128 = 3n });
const MASK = ~0xffn;

export default module(pkt => {
  const { a, b, zero, low, wide, by, all, some, three } = settings;
  switch (pkt.port) {
    case 0: return to(u16(a / b + 100));
    case 1: return to(u16(a % b + 100));
    case 2: return to(u16(a / zero));
    case 3: return to(u16(a % zero + 100));
    case 4: return low / (b - 3) === low ? to(1) : to(0);
    case 5: return to(u16(low % (b - 3)));
    case 6: return to(u16(wide / by));
    case 7: return to(u16(wide % by + 100n));
    case 8: return (all & MASK) >> 64n === 0xffff_ffff_ffff_ffffn ? to(1) : to(0);
    case 9: return (all & ~some) >> 64n === 0xffff_ffff_ffff_ffffn ? to(1) : to(0);
    case 10: return to(u16(all * three + 7n));
    case 12: return max(all, three) === all && min(all, three) === 3n ? to(1) : to(0);
    case 13: return to(u16(all >> three));
    default: return weigh(three);
  }
});

function weigh(x: u128) {
  switch (x) {
    case 1n: case 2n: return drop('small');
    case 3n: return drop('three');
    default: return drop('large');
  }
}

// run: send(0, [data('x'.repeat(20))], to(97))
// run: send(1, [data('x'.repeat(20))], to(99))
// run: send(2, [data('x'.repeat(20))], to(0))
// run: send(3, [data('x'.repeat(20))], to(93))
// run: send(4, [data('x'.repeat(20))], to(1))
// run: send(5, [data('x'.repeat(20))], to(0))
// run: send(6, [data('x'.repeat(20))], to(3))
// run: send(7, [data('x'.repeat(20))], to(99))
// run: send(8, [data('x'.repeat(20))], to(1))
// run: send(9, [data('x'.repeat(20))], to(1))
// run: send(10, [data('x'.repeat(20))], to(4))
// run: send(12, [data('x'.repeat(20))], to(1))
// run: send(13, [data('x'.repeat(20))], to(0xffff))
// run: send(14, [data('x'.repeat(20))], dropped('three'))
