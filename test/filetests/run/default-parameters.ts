// filetest: run
// Parameters with defaults, which may use the parameters before them, and parameters that need not be given.
import { Eth, config, module, to, u16, type u32 } from 'iovisor/module';

export const settings = config(class { extra: u32 = 5 });

function sum(a: u32, b: u32 = 10, c: u32 = a + b + settings.extra): u32 { return a * 1000 + b * 100 + c; }
function perhaps(a: u32, b?: u32): u32 { return b === undefined ? a : a + b; }
function either<T>(a: T, b: T = a, turn: boolean = false): T { return turn ? b : a; }

export default module(pkt => {
  pkt.at(Eth);
  const local = (x: u32, by: u32 = pkt.port): u32 => x + by;
  switch (pkt.port) {
    case 0: return to(u16(sum(1)));
    case 1: return to(u16(sum(1, 2)));
    case 2: return to(u16(sum(1, 2, 3)));
    case 3: return to(u16(perhaps(1) * 10 + perhaps(1, 4)));
    case 4: return to(u16(local(1) * 10 + local(1, 2)));
    default: return to(u16(either<u32>(1) * 100 + either<u32>(1, 2) * 10 + either<u32>(1, 2, true)));
  }
});

// run: send(0, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), data(20)], to(2016))
// run: send(1, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), data(20)], to(1208))
// run: send(2, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), data(20)], to(1203))
// run: send(3, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), data(20)], to(15))
// run: send(4, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), data(20)], to(53))
// run: send(5, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), data(20)], to(112))
