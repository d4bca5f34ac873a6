// filetest: run
// Functions that return early, optionals, structs and verdicts; closures; switch with shared cases; destructuring.
import { Eth, Mac, drop, flood, mac, module, to, u16, type Verdict, type u16 as half, type u32 } from 'iovisor/module';

const Kind = { None: 0, Small: 1, Large: 2 } as const;
class Pair { left: u32 = 0; right: u32 = 0 }

export default module(pkt => {
  const { src, dst, type } = pkt.at(Eth);
  if (src === mac('02:00:00:00:00:09')) return drop(dst === Mac.broadcast ? 'nine-to-all' : 'nine');
  const scale = (x: u32): u32 => x * 10 + kindOf(pkt.port);
  const pair = pairOf(pkt.port);
  if (!pair) return decide(type, scale(7));
  const { left, right: other } = pair;
  return to(u16(scale(left) * 100 + other));
});

function pairOf(port: half): Pair | undefined {
  if (port === 0) return undefined;
  if (port > 9) return { left: 9, right: 9 };
  return { left: port, right: port + 1 };
}

function kindOf(port: half): u32 {
  switch (port) {
    case 0: case 1: return Kind.None;
    case 2: case 3: {
      if (port === 2) break;
      return Kind.Large;
    }
    default: return Kind.Small;
  }
  return 5;
}

function decide(type: half, n: u32): Verdict {
  return type === 0x0800 ? flood() : type > 0x8000 ? to(u16(n)) : drop('other');
}

// run: send(1, [eth({ dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:00:09' }), data(20)], dropped('nine-to-all'))
// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:09' }), data(20)], dropped('nine'))
// run: send(0, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0800 }), data(20)], flooded())
// run: send(0, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x9000 }), data(20)], to(70))
// run: send(0, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0700 }), data(20)], dropped('other'))
// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0700 }), data(20)], to(1002))
// run: send(2, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0700 }), data(20)], to(2503))
// run: send(3, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0700 }), data(20)], to(3204))
// run: send(12, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0700 }), data(20)], to(9109))
