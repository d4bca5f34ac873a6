// filetest: run
// Functions as arguments: closures that read and assign what is around them, functions by name, functions handed on.
import { Eth, HashMap, drop, module, range, to, u16, type Packet, type Verdict, type u32 } from 'iovisor/module';

type Visit = (round: u32) => void;
export const values = new HashMap<u32, u32>(16);

function times(n: u32, visit: Visit): void {
  for (const i of range(n, 12)) visit(i);
}
function first(n: u32, test: (x: u32) => boolean): u32 | undefined {
  for (let i = 0; i < 6; i++) if (i < n && test(i)) return i;
  return undefined;
}
function map<T, R>(x: T, change: (x: T) => R): R { return change(x); }
function twice(change: (x: u32) => u32, x: u32): u32 { return map(map(x, change), change); }
function withValue(key: u32, use: (value: u32) => Verdict): Verdict {
  const value = values.get(key);
  if (value === undefined) return drop('no-value');
  return use(value);
}
const double = (x: u32): u32 => x * 2;

export default module((pkt: Packet) => {
  pkt.at(Eth);
  const port: u32 = pkt.port;
  let sum: u32 = 0;
  let odd: u32 = 0;
  times(port, i => {
    if ((i & 1) === 0) return;
    odd++;
    times(i, j => { sum += j; });
  });
  const found = first(6, x => x * x > port) ?? 9;
  const add = (x: u32): u32 => x + port;
  const big = map(port, x => x > 3);
  const step = twice(add, 1) + twice(double, 1);
  return withValue(port, value => to(u16(value * 10_000 + sum * 100 + odd * 10 + found + step + (big ? 1 : 0))));
});

// given: { values: [[0, 1], [3, 2], [4, 3]] }
// run: send(0, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), data(20)], to(10006))
// run: send(3, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), data(20)], to(20023))
// run: send(4, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), data(20)], to(30337))
// run: send(5, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), data(20)], dropped('no-value'))
