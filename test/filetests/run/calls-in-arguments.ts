// filetest: run
// A function is called in the arguments of a call of itself: each call has arguments of its own.
import { config, module, to, u16, type u32, type u8 } from 'iovisor/module';

export const settings = config(class { on: boolean = true; depth: u8 = 3 });

function choose<T>(first: boolean, a: T, b: T): T { return first ? a : b; }
function mixed(a: u32, b: u32): u32 { return a * 10 + b; }
function behind(a: u32): u32 { return mixed(a, 9); }

export default module(pkt => {
  if (pkt.port === 0) return to(choose<u8>(pkt.port > 7, choose<u8>(settings.on, settings.depth, 5), 6));
  return to(u16(mixed(pkt.port, mixed(2, behind(3)))));
});

// run: send(0, [data('x'.repeat(20))], to(6))
// run: send(1, [data('x'.repeat(20))], to(10 + 20 + 39))
