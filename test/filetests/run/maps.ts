// filetest: run
// Kinds of maps: set modes, delete, LRU, arrays as structs and numbers, per CPU, atomics.
import { ArrayMap, HashMap, LruHashMap, PerCpuArray, compareSwap, drop, fetchAdd, module, to, u16, u64, type u16 as half, type u32, type u64 as long } from 'iovisor/module';

class Cell { count: u32 = 0; total: long = 0n; open: boolean = false }

export const table = new HashMap<half, u32>(2);
export const recent = new LruHashMap<u32, u32>(16);
export const cells = new ArrayMap<Cell>(4);
export const each = new PerCpuArray<Cell>(2);

export default module(pkt => {
  const { port } = pkt;
  if (port < 4) {
    if (!table.set(port, 5, 'new')) return drop(table.get(port) === undefined ? 'full' : 'there');
    return table.set(port, port + 100, 'exists') ? to(u16(table.get(port) ?? 0)) : drop('gone');
  }
  if (port === 4) return table.delete(0) ? to(0) : drop('not-there');
  if (port === 5) {
    recent.set(port, 9);
    return to(u16(recent.get(port) ?? 0));
  }
  const cell = cells.get(port - 6);
  if (!cell) return drop('no-cell');
  cell.open = !cell.open;
  cell.count += 3;
  cell.total += 5n;
  const before = fetchAdd(cell, 'count', 1);
  const swapped = compareSwap(cell, 'total', u64(5), 1000n);
  const mine = each.get(1);
  if (mine) mine.count++;
  return to(u16(before * 1000 + (cell.open ? 100 : 0) + (swapped ? 10 : 0) + (mine?.count ?? 0)));
});

// run: send(0, [data(20)], to(100))
// run: send(1, [data(20)], to(101))
// run: send(1, [data(20)], dropped('there'))
// run: send(2, [data(20)], dropped('full'))
// run: send(4, [data(20)], to(0))
// run: send(4, [data(20)], dropped('not-there'))
// run: send(2, [data(20)], to(102))
// run: send(5, [data(20)], to(9))
// run: send(6, [data(20)], to(3111))
// run: send(7, [data(20)], to(3112))
// run: send(9, [data(20)], to(3113))
// run: send(10, [data(20)], dropped('no-cell'))
