// filetest: run
// for, range, break, continue, and a closure.
import { config, module, range, to, u16, type u32 } from 'iovisor/module';

export const settings = config(class { rounds: u32 = 5; table: [u32, u32, u32, u32] = [3, 1, 4, 1] });

export default module(pkt => {
  let sum: u32 = 0;
  const add = (x: u32): void => { sum += x; };
  for (const i of range(settings.rounds, 10)) {
    if (i === 2) continue;
    if (i === pkt.port) break;
    add(i);
  }
  for (let i = 0; i < 4; i++) add((settings.table[i] ?? 0) * 100);
  return to(u16(sum));
});

// run: send(9, [data(20)], to(908))
// run: send(4, [data(20)], to(904))
// run: send(0, [data(20)], to(900))
