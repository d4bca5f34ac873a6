// filetest: run
// The port of entry chooses the sum, the result goes out as the port. Arithmetic wraps; x / 0 is 0, x % 0 is x.
import { config, drop, max, min, module, to, u16, u64, u8, type u32 } from 'iovisor/module';

export const settings = config(class { a: u32 = 7; b: u32 = 0; big: u32 = 0xffff_fff0 });

export default module(pkt => {
  const { a, b, big } = settings;
  switch (pkt.port) {
    case 0: return to(u16(a / b));
    case 1: return to(u16(a % b));
    case 2: return to(u16(big + 32));
    case 3: return to(u8(big));
    case 4: return to(u16(a - 8));
    case 5: return to(u16(u64(big) * 16n >> 20n));
    case 6: return to(u16(min(a, 5) * 100 + max(a, 5)));
    case 7: return to(u16((big >> 28) + (a << 4) + (a ^ 1) + (a | 8) + (a & 3)));
    case 8: return to(u16(b || 9));
    case 9: return to(u16(-a));
    case 10: return to(u16(~a));
    default: return drop('no-such-sum');
  }
});

// run: send(0, [data('x'.repeat(20))], to(0))
// run: send(1, [data('x'.repeat(20))], to(7))
// run: send(2, [data('x'.repeat(20))], to(16))
// run: send(3, [data('x'.repeat(20))], to(0xf0))
// run: send(4, [data('x'.repeat(20))], to(0xffff))
// run: send(5, [data('x'.repeat(20))], to(0xffff))
// run: send(6, [data('x'.repeat(20))], to(507))
// run: send(7, [data('x'.repeat(20))], to(15 + 112 + 6 + 15 + 3))
// run: send(8, [data('x'.repeat(20))], to(9))
// run: send(9, [data('x'.repeat(20))], to(0xfff9))
// run: send(10, [data('x'.repeat(20))], to(0xfff8))
// run: send(11, [data('x'.repeat(20))], dropped('no-such-sum'))
